// Names of people and stalls in the books: an entry keeps ids only, so that a name can change or be forgotten.
import { reactive } from 'vue'
import { api, ask } from '@/shared/api/client'
import { here, may } from '@/shared/session'

const AT_ONCE = 4
const people = reactive(new Map<string, string>())
const stalls = reactive(new Map<string, string>())
const asked = new Set<string>()

async function readPerson(id: string) {
  try {
    const path = { ...here(), id }
    const of = await ask(api.GET('/api/v1/schools/{school}/people/{id}', { params: { path } }))
    people.set(id, `${of.name} ${of.number}`)
  } catch {
    // The entry is shown with its id instead; the next page asks again.
    asked.delete(id)
  }
}

/** Reads the names that are not known yet, a few at once. */
export async function learnPeople(ids: string[]) {
  if (!may('people.read')) return
  const fresh = [...new Set(ids)].filter((id) => !asked.has(id))
  fresh.forEach((id) => asked.add(id))
  const work = async () => {
    for (let id = fresh.pop(); id; id = fresh.pop()) await readPerson(id)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
}

export async function learnStalls() {
  if (stalls.size) return
  const places = await ask(api.GET('/api/v1/schools/{school}/places', { params: { path: here() } })).catch(
    () => null,
  )
  for (const canteen of places?.campuses.flatMap((campus) => campus.canteens) ?? [])
    for (const stall of canteen.stalls) stalls.set(stall.id, `${canteen.name} ${stall.name}`)
}

export const personName = (id: string) => people.get(id) ?? `${id.slice(0, 8)}…`
export const stallName = (id: string) => stalls.get(id) ?? `${id.slice(0, 8)}…`
