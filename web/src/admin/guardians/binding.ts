// Bindings as the office sees them: their states and rights in order, what is asked of the server, and what fits.
import { api, ask, type Schemas } from '@/shared/api/client'
import { here } from '@/shared/session'

export type Binding = Schemas['SchoolBinding']
export type SchoolBindings = Schemas['SchoolBindings']
export type OneBinding = Schemas['OneBinding']
export type Rights = Schemas['ChildRights']
export type Candidate = OneBinding['candidates'][number]

export const STATES = ['pending', 'active', 'locked', 'refused', 'ended'] as const
export type State = (typeof STATES)[number]
export const RIGHTS = ['see', 'pay', 'control'] as const
export const RELATIONS = ['father', 'mother', 'grandparent', 'other'] as const
export type Relation = (typeof RELATIONS)[number]

/** A lock hangs on an ended binding, too: whoever is locked out is shown so. */
export function stateOf(binding: Pick<Binding, 'state' | 'locked'>): State {
  if (binding.locked) return 'locked'
  return STATES.find((of) => of === binding.state) ?? 'ended'
}

/** Whether there is a binding to change or end; a lock can hang on one that is over. */
export const isOpen = (binding: Pick<Binding, 'state'>) => binding.state === 'active' || binding.state === 'locked'

export function relationOf(binding: Pick<Binding, 'relation'>): Relation {
  return RELATIONS.find((of) => of === binding.relation) ?? 'other'
}

/** The one who is surely meant: name and number fit, and nobody else's do. */
export function surely(candidates: Candidate[]): string {
  const both = candidates.filter((of) => of.fits_name && of.fits_number)
  return both.length === 1 ? both[0]!.person.id : ''
}

export interface BindingFilter {
  q?: string
  state?: string
  class?: string
  person?: string
  cursor?: string
  limit?: number
}

export function readBindings({ q, state, class: of, person, cursor, limit }: BindingFilter) {
  const filter = { q: q?.trim() || undefined, state: state || undefined, class: of || undefined }
  const query = { ...filter, person: person || undefined, cursor, limit }
  return ask(api.GET('/api/v1/schools/{school}/bindings', { params: { path: here(), query } }))
}

const of = (id: string) => ({ path: { ...here(), id } })

export const readBinding = (id: string) =>
  ask(api.GET('/api/v1/schools/{school}/bindings/{id}', { params: of(id) }))

export const readConsents = (id: string) =>
  ask(api.GET('/api/v1/schools/{school}/bindings/{id}/consents', { params: of(id) }))

export const answerBinding = (id: string, body: Schemas['AnswerBinding']) =>
  ask(api.PUT('/api/v1/schools/{school}/bindings/{id}/answer', { params: of(id), body }))

export const putRights = (id: string, body: Schemas['PutRights']) =>
  ask(api.PUT('/api/v1/schools/{school}/bindings/{id}/rights', { params: of(id), body }))

export const putLock = (id: string, locked: boolean, reason: string) =>
  ask(api.PUT('/api/v1/schools/{school}/bindings/{id}/lock', { params: of(id), body: { locked, reason } }))

export const endBinding = (id: string) =>
  ask(api.DELETE('/api/v1/schools/{school}/bindings/{id}', { params: of(id) }))

/** On the guardian's own request: everything in this school, not the person. */
export const releaseGuardian = (guardian: string, reason: string) =>
  ask(
    api.DELETE('/api/v1/schools/{school}/guardians/{guardian}', {
      params: { path: { ...here(), guardian } },
      body: { reason },
    }),
  )

export const lockPhone = (person: string, phone: string, reason: string) =>
  ask(
    api.POST('/api/v1/schools/{school}/people/{id}/guardian-locks', {
      params: of(person),
      body: { phone, reason },
    }),
  )
