// What is asked of the server about complaints.
import { api, ask, type Schemas } from '@/shared/api/client'
import { here } from '@/shared/session'

export type Complaint = Schemas['OfficeComplaint']

const of = (id: string) => ({ path: { ...here(), id } })

export function readComplaints(filter: { q: string; show: string; cursor?: string }) {
  const overdue = filter.show === 'overdue' || undefined
  const state = overdue || filter.show === 'all' ? undefined : filter.show
  const query = { q: filter.q.trim() || undefined, state, overdue, cursor: filter.cursor }
  return ask(api.GET('/api/v1/schools/{school}/complaints', { params: { path: here(), query } }))
}

export const readComplaint = (id: string) =>
  ask(api.GET('/api/v1/schools/{school}/complaints/{id}', { params: of(id) }))

/** `refund` is the name of the reversal: with it the purchase is undone and the money goes back. */
export const answerComplaint = (id: string, body: Schemas['ComplaintAnswer']) =>
  ask(api.PUT('/api/v1/schools/{school}/complaints/{id}/answer', { params: of(id), body }))
