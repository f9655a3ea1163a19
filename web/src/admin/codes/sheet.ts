// The cards to print: read from the server, which keeps each reading in the audit trail.
import { api, ask, type Schemas } from '@/shared/api/client'
import { here } from '@/shared/session'
import { whole } from './scope'

export type SheetCard = Schemas['SheetCard']
export const SHEET_CARDS_MAX = 2_000

export interface Choice {
  class: string
  batch: string
  ids: string[]
}

export async function cardsOf(choice: Choice, told: (done: number) => void): Promise<SheetCard[]> {
  if (!choice.ids.length) {
    const query = { class: choice.class || undefined, batch: choice.batch || undefined }
    const sheet = ask(api.GET('/api/v1/schools/{school}/credentials/sheet', { params: { path: here(), query } }))
    return (await sheet).items
  }
  const cards: SheetCard[] = []
  for (const id of choice.ids) {
    const params = { path: { ...here(), id } }
    cards.push(await ask(api.GET('/api/v1/schools/{school}/credentials/{id}/code', { params })))
    told(cards.length)
  }
  return cards
}

/** Where the photo of a card's owner is, by number. Only of those who have one. */
export async function photosOf(of: string): Promise<Map<string, string>> {
  const people = await whole((cursor) =>
    ask(
      api.GET('/api/v1/schools/{school}/people', {
        params: { path: here(), query: { class: of || undefined, limit: 200, cursor } },
      }),
    ),
  )
  const path = (id: string) => `/api/v1/schools/${here().school}/people/${id}/photo`
  return new Map(people.filter((one) => one.has_photo).map((one) => [one.number, path(one.id)]))
}
