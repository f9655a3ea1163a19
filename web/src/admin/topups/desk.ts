// What a top-up would do, before it is asked for. The server decides; this only says it beforehand, in the same order.
import type { Schemas } from '@/shared/api/client'

export type Caps = Schemas['PolicyTopup']

export interface Held {
  balance: { fen: number }
  arrears: { fen: number }
}

export interface Parts {
  repaid: number
  credited: number
  balanceAfter: number
  arrearsAfter: number
}

export type Wrong =
  | { code: 'unreadable' }
  | { code: 'under_minimum'; fen: number }
  | { code: 'over_single_cap'; fen: number }
  | { code: 'over_balance_cap'; fen: number; room: number }

/** What is to be collected goes first; the rest is credited. */
export function parts(amount: number, held: Held): Parts {
  const repaid = Math.min(amount, held.arrears.fen)
  const credited = amount - repaid
  return { repaid, credited, balanceAfter: held.balance.fen + credited, arrearsAfter: held.arrears.fen - repaid }
}

/** The most that can be taken now; below the smallest amount it is nothing. */
export function most(held: Held, caps: Caps): number {
  const room = Math.max(caps.balance_cap.fen - held.balance.fen, 0) + held.arrears.fen
  const max = Math.min(room, caps.single_cap.fen)
  return max < caps.min.fen ? 0 : max
}

export function wrong(amount: number | null, held: Held, caps: Caps): Wrong | null {
  if (amount === null) return { code: 'unreadable' }
  if (amount < caps.min.fen || amount <= 0) return { code: 'under_minimum', fen: caps.min.fen }
  if (amount > caps.single_cap.fen) return { code: 'over_single_cap', fen: caps.single_cap.fen }
  if (parts(amount, held).balanceAfter <= caps.balance_cap.fen) return null
  const room = Math.max(caps.balance_cap.fen - held.balance.fen, 0) + held.arrears.fen
  return { code: 'over_balance_cap', fen: caps.balance_cap.fen, room }
}
