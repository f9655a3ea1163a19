// A statement is read newest first, a page at a time; a kind or some days are picked while reading on.
import type { Schemas } from '@/shared/api/client'

export type Line = Schemas['StatementLine']

export interface Wanted {
  kind: string
  from?: string
  to?: string
}

export interface Read {
  items: Line[]
  next?: string | null
}

export const KINDS = ['purchase', 'topup', 'reversal', 'opening', 'adjustment'] as const
/** Pages that are read for one answer at the most; then the reader is asked whether to go on. */
const PAGES_MAX = 8

/** Reads on until `enough` lines match, the first day is passed, or there is no more. */
export async function pick(
  read: (cursor: string | undefined) => Promise<Read>,
  wanted: Wanted,
  cursor: string | undefined,
  enough: number,
): Promise<Read> {
  const items: Line[] = []
  let next = cursor
  for (let page = 0; page < PAGES_MAX; page++) {
    const got = await read(next)
    items.push(...got.items.filter((line) => matches(line, wanted)))
    next = got.next ?? undefined
    const last = got.items[got.items.length - 1]
    // Days only go down: below the first day nothing more can match.
    if (wanted.from && last && last.business_day < wanted.from) return { items, next: null }
    if (!next || items.length >= enough) break
  }
  return { items, next: next ?? null }
}

function matches(line: Line, wanted: Wanted): boolean {
  if (wanted.kind && line.kind !== wanted.kind) return false
  if (wanted.from && line.business_day < wanted.from) return false
  return !(wanted.to && line.business_day > wanted.to)
}
