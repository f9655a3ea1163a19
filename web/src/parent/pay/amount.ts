// What was typed as an amount, judged before the server judges it: each reason has its own words.
import { fenOf, yuan, type Money } from '@/shared/money'

export interface Bounds {
  min: number
  single_cap: number
  room: number
}

export type Wrong = 'empty' | 'not_amount' | 'under_minimum' | 'over_single_cap' | 'over_balance_cap'
export type Judged = { fen: number; wrong?: undefined } | { wrong: Wrong; fen?: undefined }

export function judge(text: string, bounds: Bounds): Judged {
  if (!text.trim()) return { wrong: 'empty' }
  const fen = fenOf(text)
  if (fen === null || fen === 0) return { wrong: 'not_amount' }
  // The single cap comes first: it holds for every try, while the room changes.
  if (fen > bounds.single_cap) return { wrong: 'over_single_cap' }
  if (fen > bounds.room) return { wrong: 'over_balance_cap' }
  if (fen < bounds.min) return { wrong: 'under_minimum' }
  return { fen }
}

/** Money of the wire, or plain fen. */
export const fenIn = (of: { fen: number } | number) => (typeof of === 'number' ? of : of.fen)

/** As it stands in a field: without the marks that group digits. */
export const typed = (of: Money | number) => yuan(of).replace(/,/g, '')
