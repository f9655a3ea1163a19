// Messages: their closed lists, and what can be sent again.
import type { Notice } from './wire'

export const KINDS = [
  'purchase',
  'purchase_undone',
  'topup',
  'topup_late',
  'auto_topup',
  'auto_topup_refused',
  'refund',
  'low_balance',
  'arrears',
  'meal_missed',
  'loss_reported',
  'frozen',
  'binding_asked',
  'binding_answered',
  'data_report_answered',
  'complaint_answered',
  'copy_alarm',
  'complaint_made',
  'data_report_made',
  'binding_requested',
  'refund_asked',
  'payment_alarm',
] as const
export type Kind = (typeof KINDS)[number]

export const STATES = ['waiting', 'sent', 'kept', 'failed', 'unknown', 'expired', 'dropped', 'joined'] as const
export type State = (typeof STATES)[number]

export const DELIVERY_STATES = ['waiting', 'accepted', 'failed', 'gone', 'unknown'] as const
export const CLASSES = [
  'permanent',
  'address_gone',
  'throttled',
  'transient',
  'token_stale',
  'unknown',
  'not_sent',
  'held',
  'settings',
] as const
export const CHANNELS = ['push', 'wechat', 'alipay', 'wecom', 'dingtalk', 'mail', 'sms'] as const

/** One of a closed list, or null where the server knows more than this page. */
export function oneOf<T extends string>(list: readonly T[], word: string | null | undefined): T | null {
  return list.find((of) => of === word) ?? null
}

/** What is still true and was meant to leave: the server has the last word. */
export function canResend(notice: Pick<Notice, 'state' | 'why' | 'kind'>): boolean {
  if (['sign_in_code', 'mail_code'].includes(notice.kind) || notice.why === 'inbox_only') return false
  return !['waiting', 'dropped', 'joined'].includes(notice.state)
}

/** It arrived, or may have: a second one is a double. */
export const mayArriveTwice = (notice: Pick<Notice, 'state'>) => ['sent', 'unknown'].includes(notice.state)
