// An entry's postings as a bookkeeper reads them: which account, on which side. The server keeps them as pairs of an
// account's name and whole fen; what adds to an account of the ledger stands on the credit side.

const KINDS = [
  'wallet',
  'arrears',
  'merchant',
  'cash-desk',
  'channel',
  'refunding',
  'transfer',
  'opening',
  'suspense',
  'compensation',
  'risk',
] as const

export type AccountKind = (typeof KINDS)[number] | 'unknown'

export interface Posting {
  account: string
  kind: AccountKind
  /** Whose: the id of a person, a stall or a channel account. */
  of: string | null
  /** Of a wallet: 0 is cash. */
  slot: number
  /** Whole fen; one of the two is zero. */
  debit: number
  credit: number
}

export function postingsOf(kept: readonly unknown[]): Posting[] {
  return kept.flatMap((pair) => {
    if (!Array.isArray(pair) || typeof pair[0] !== 'string' || !Number.isSafeInteger(pair[1])) return []
    const [account, fen] = pair as [string, number]
    const [word, of, slot] = account.split('/')
    const kind = KINDS.find((one) => one === word) ?? 'unknown'
    const sides = { debit: Math.max(-fen, 0), credit: Math.max(fen, 0) }
    return [{ account, kind, of: of ?? null, slot: Number(slot ?? 0), ...sides }]
  })
}

export function totals(postings: Posting[]): { debit: number; credit: number } {
  const sum = (side: 'debit' | 'credit') => postings.reduce((all, one) => all + one[side], 0)
  return { debit: sum('debit'), credit: sum('credit') }
}

export function peopleOf(postings: Posting[]): string[] {
  return postings.flatMap((one) => (one.of && (one.kind === 'wallet' || one.kind === 'arrears') ? [one.of] : []))
}

/** 944f38d9…6f2844: enough to compare by eye; the whole is what is copied. */
export function shortHash(hash: string): string {
  return hash.length > 18 ? `${hash.slice(0, 8)}…${hash.slice(-6)}` : hash
}

/** Every day from the first to the last. */
export function daysBetween(from: string, to: string, plus: (day: string, days: number) => string): string[] {
  const days: string[] = []
  for (let day = from; day <= to && days.length < 400; day = plus(day, 1)) days.push(day)
  return days
}
