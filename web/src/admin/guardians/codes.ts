// Binding codes: for whom, how many and how long, and what is on the paper.
import { api, ask, type Schemas } from '@/shared/api/client'
import { plusDays } from '@/shared/days'
import { here } from '@/shared/session'
import { whole } from '../codes/scope'

export type CodeStatus = Schemas['BindingCodeStatus']
export type Made = Schemas['MadeCodes']

/** Guardians of one child who get a paper of their own. */
export const COUNT_MAX = 4
export const DAYS_MAX = 365
export const DAYS_USUAL = 60
/** So many pupils are made codes for at once. */
export const PEOPLE_MAX = 500
const LIMIT = 200

/** Two columns and four rows on a sheet. */
export const PER_SHEET = 8

export interface Paper {
  key: string
  name: string
  number: string
  class: string
  code: string
  /** 1 of 2, when a child gets more than one. */
  nth: number
  of: number
}

export function papersOf(made: Made): Paper[] {
  return made.items.flatMap((child) =>
    child.codes.map((code, i) => ({
      key: `${child.person} ${i}`,
      name: child.name,
      number: child.number,
      class: child.class ?? '',
      code,
      nth: i + 1,
      of: child.codes.length,
    })),
  )
}

/** Full sheets, in the order of the papers. */
export function sheetsOf(papers: Paper[]): Paper[][] {
  const sheets = Math.ceil(papers.length / PER_SHEET)
  return Array.from({ length: sheets }, (_, n) => papers.slice(n * PER_SHEET, (n + 1) * PER_SHEET))
}

/** A code is good to the end of this day; it is over with the midnight that the server names. */
export const lastDay = (expires_at: string) => plusDays(expires_at.slice(0, 10), -1)

/** What a phone's camera opens: the code stands behind a #, so no server's log ever has it. */
export const addressOf = (origin: string, code: string) => `${origin}/parent/bind#${code}`

export function readStatus(query: { q?: string; class?: string; cursor?: string; limit?: number }) {
  const asked = { ...query, q: query.q?.trim() || undefined, class: query.class || undefined }
  return ask(api.GET('/api/v1/schools/{school}/binding-codes', { params: { path: here(), query: asked } }))
}

/** Every pupil of a class, to say whose codes would be worth nothing. */
export const statusOfClass = (of: string) => whole((cursor) => readStatus({ class: of, cursor, limit: LIMIT }))

/** There is no look-up by ids: the list is read and the chosen are picked out of it. */
export async function statusOf(ids: string[]): Promise<CodeStatus[]> {
  const wanted = new Set(ids)
  const all = await whole((cursor) => readStatus({ cursor, limit: LIMIT }))
  return all.filter((of) => wanted.has(of.person))
}

export const makeCodes = (body: Schemas['MakeCodes']) =>
  ask(api.POST('/api/v1/schools/{school}/binding-codes', { params: { path: here() }, body }))

export const revokeCodes = (id: string) =>
  ask(api.DELETE('/api/v1/schools/{school}/people/{id}/binding-codes', { params: { path: { ...here(), id } } }))
