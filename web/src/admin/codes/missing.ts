// Who of a class, or whether somebody, has no code yet. Counted before it is asked for; the server decides again.
import { api, ask, type Schemas } from '@/shared/api/client'
import { today } from '@/shared/days'
import { here } from '@/shared/session'
import { whole, without } from './scope'

export interface Count {
  /** Not known for the whole school. */
  people: number | null
  missing: number
  names: string[]
}

export const personOf = (id: string) =>
  ask(api.GET('/api/v1/schools/{school}/people/{id}', { params: { path: { ...here(), id } } })).catch(() => null)

const codesOf = (query: { class?: string; person?: string }) =>
  whole((cursor) =>
    ask(
      api.GET('/api/v1/schools/{school}/credentials', {
        params: { path: here(), query: { ...query, limit: 200, cursor } },
      }),
    ),
  )
const peopleOf = (of: string) =>
  whole((cursor) =>
    ask(
      api.GET('/api/v1/schools/{school}/people', {
        params: { path: here(), query: { class: of, status: 'active', limit: 200, cursor } },
      }),
    ),
  )

function count(people: Schemas['Person'][], codes: Schemas['Credential'][]): Count {
  const missing = without(people, codes, today())
  return { people: people.length, missing: missing.length, names: missing.map((of) => of.name) }
}

export async function missingInSchool(): Promise<Count> {
  const all = await ask(api.GET('/api/v1/schools/{school}/overview', { params: { path: here() } }))
  return { people: null, missing: all.people.without_code, names: [] }
}

export async function missingInClass(of: string): Promise<Count> {
  return count(await peopleOf(of), await codesOf({ class: of }))
}

/** One person: counted as a class of one. */
export async function missingPerson(id: string): Promise<Count> {
  const person = await personOf(id)
  return count(person ? [person] : [], await codesOf({ person: id }))
}
