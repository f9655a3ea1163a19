// What the list is asked for. It stands in the address: going back, a bookmark or a colleague sees the same list.
import { plusDays } from '@/shared/days'
import { fenOf } from '@/shared/money'

export interface Filters {
  q: string
  from: string
  to: string
  stall: string
  status: string
  person: string
  /** Yuan as typed. */
  min: string
  max: string
}

/** From a person's page one comes to see the last weeks, from the menu today. */
const PERSON_DAYS = 30
const KEYS = ['q', 'from', 'to', 'stall', 'status', 'person', 'min', 'max'] as const

export function filtersOf(query: Record<string, unknown>, today: string): Filters {
  const text = (key: string) => (typeof query[key] === 'string' ? (query[key] as string) : '')
  const to = text('to') || today
  const from = text('from') || (text('person') ? plusDays(to, -PERSON_DAYS) : to)
  const [q, stall, status, person] = [text('q'), text('stall'), text('status'), text('person')]
  return { q, from, to, stall, status, person, min: text('min'), max: text('max') }
}

export function addressOf(filters: Filters): Record<string, string> {
  return Object.fromEntries(KEYS.filter((key) => filters[key].trim()).map((key) => [key, filters[key].trim()]))
}

/** True when something typed as an amount is none. */
export function isBadAmount(text: string): boolean {
  return text.trim() !== '' && fenOf(text) === null
}

/** As the server wants it; an amount that is none is left out, and its field says so. */
export function askOf(filters: Filters) {
  return {
    q: filters.q.trim() || undefined,
    from: filters.from || undefined,
    to: filters.to || undefined,
    stall: filters.stall || undefined,
    status: filters.status || undefined,
    person: filters.person || undefined,
    min: fenOf(filters.min) ?? undefined,
    max: fenOf(filters.max) ?? undefined,
  }
}
