// The cards to print: read from the server page by page; it keeps one line in the audit trail for the whole sheet.
import { Unreachable, api, ask, type Schemas } from '@/shared/api/client'
import { here } from '@/shared/session'

export type SheetCard = Schemas['PrintCard']
type Sheet = Schemas['Sheet']

const PAGE_CARDS = 200
/** A page whose answer was lost is asked for again: a whole school is some fifty of them. */
const TRIES = 3

export interface Choice {
  class: string
  batch: string
  ids: string[]
}

export interface Progress {
  done: number
  all: number
}

export async function cardsOf(choice: Choice, told: (progress: Progress) => void): Promise<SheetCard[]> {
  const scope = choice.ids.length
    ? { ids: choice.ids.join(',') }
    : { class: choice.class || undefined, batch: choice.batch || undefined, limit: PAGE_CARDS }
  const read = (cursor: string | undefined) =>
    ask(
      api.GET('/api/v1/schools/{school}/credentials/sheet', {
        params: { path: here(), query: { ...scope, cursor } },
      }),
    )
  return everyPage(read, told)
}

export async function everyPage(
  read: (cursor: string | undefined) => Promise<Sheet>,
  told: (progress: Progress) => void,
): Promise<SheetCard[]> {
  const cards: SheetCard[] = []
  let cursor: string | undefined
  let all = 0
  do {
    const page = await patient(() => read(cursor))
    cards.push(...page.items)
    all = page.total ?? all
    cursor = page.next ?? undefined
    told({ done: cards.length, all: Math.max(all, cards.length) })
  } while (cursor)
  return cards
}

async function patient<T>(read: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await read()
    } catch (error) {
      if (!(error instanceof Unreachable) || tries === TRIES) throw error
    }
  }
}

export const photoOf = (card: SheetCard) =>
  card.has_photo ? `/api/v1/schools/${here().school}/people/${card.person}/photo` : undefined
