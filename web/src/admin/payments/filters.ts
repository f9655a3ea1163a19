// What the list of payment orders is asked for. It stands in the address, so that going back shows the same list.
export interface Filters {
  q: string
  days: [string, string] | null
  state: string
  alarm: boolean
  person: string
}

export function filtersOf(query: Record<string, unknown>): Filters {
  const text = (key: string) => (typeof query[key] === 'string' ? (query[key] as string) : '')
  const [from, to] = [text('from'), text('to')]
  return {
    q: text('q'),
    days: from && to ? [from, to] : null,
    state: text('state'),
    alarm: text('alarm') === '1',
    person: text('person'),
  }
}

export function addressOf(filters: Filters): Record<string, string> {
  const [from = '', to = ''] = filters.days ?? []
  const { q, state, person } = filters
  const all = { q: q.trim(), from, to, state, person, alarm: filters.alarm ? '1' : '' }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value))
}

/** As the server wants it. */
export function askOf(filters: Filters) {
  const [from, to] = filters.days ?? []
  return {
    q: filters.q.trim() || undefined,
    from,
    to,
    state: filters.state || undefined,
    alarm: filters.alarm || undefined,
    person: filters.person || undefined,
  }
}
