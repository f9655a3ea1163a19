// Movements of an account, as its statement lists them.
import type { Schemas } from '@/shared/api/client'

export type Line = Schemas['StatementLine']

export const KINDS = [
  'purchase',
  'topup',
  'reversal',
  'opening',
  'adjustment',
  'refund',
  'refund_returned',
  'transfer',
] as const
