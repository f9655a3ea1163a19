// Who would get a code, worked out before it is asked for; the server decides again when it issues.
import type { Schemas } from '@/shared/api/client'

type Person = Schemas['Person']
type Credential = Schemas['Credential']

/** One class is a page or two. A list that has more pages than this isn't read to its end. */
const PAGES_MAX = 40
export const LIFE_YEARS = 3

interface Answer<T> {
  items: T[]
  next?: string | null
}

/** Every page of a list. */
export async function whole<T>(read: (cursor: string | undefined) => Promise<Answer<T>>): Promise<T[]> {
  const all: T[] = []
  let cursor: string | undefined
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const page = await read(cursor)
    all.push(...page.items)
    if (!page.next) break
    cursor = page.next
  }
  return all
}

/** A code that we print. Others live in a phone, or came on a card from elsewhere. */
export const onPaper = (code: Credential) => code.kind === 'printed_code'

/** Active people without a code that is valid or reported lost; one in a phone alone is no card. */
export function without(people: Person[], codes: Credential[], today: string): Person[] {
  const held = codes.filter(
    (code) =>
      code.kind !== 'dynamic_code' &&
      (code.status === 'active' || code.status === 'lost') &&
      code.expires_on >= today,
  )
  const have = new Set(held.map((code) => code.person.id))
  return people.filter((person) => person.status === 'active' && !have.has(person.id))
}

/** The end of a school year, some years on. */
export function usualLastDay(today: string): string {
  return `${Number(today.slice(0, 4)) + LIFE_YEARS}-08-31`
}

/** Codes live for years: their moments are shown with the year. */
export function withYear(at: string): string {
  return at.slice(0, 16).replace('T', ' ')
}
