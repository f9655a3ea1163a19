// Complaints as the server speaks of them, and what is asked of it.
import { api, ask } from '@/shared/api/client'
import type { Money } from '@/shared/money'
import { here } from '@/shared/session'

export interface Complaint {
  id: string
  purchase: string
  kind: string
  text: string
  state: string
  answer: string | null
  due_at: string
  at: string
  answered_at: string | null
  overdue: boolean
  person: { id: string; name: string; number: string; class: string | null }
  guardian: { name: string; phone_mask: string; relation: string }
  bought: { at: string; amount: Money; place: string; dishes: string } | null
  answered_by: string | null
  refund: string | null
}

export interface Complaints {
  items: Complaint[]
  next: string | null
  open: number
  overdue: number
}

interface Answer {
  data?: unknown
  error?: unknown
  response: Response
}
type Call = (path: string, init: object) => Promise<Answer>
const raw = api as unknown as { GET: Call; PUT: Call }
const PATH = '/api/v1/schools/{school}/complaints'

export function readComplaints(filter: { q: string; show: string; cursor?: string }): Promise<Complaints> {
  const overdue = filter.show === 'overdue' || undefined
  const state = overdue || filter.show === 'all' ? undefined : filter.show
  const query = { q: filter.q.trim() || undefined, state, overdue, cursor: filter.cursor }
  return ask(raw.GET(PATH, { params: { path: here(), query } })) as Promise<Complaints>
}

export function readComplaint(id: string): Promise<Complaint> {
  return ask(raw.GET(`${PATH}/{id}`, { params: { path: { ...here(), id } } })) as Promise<Complaint>
}

/** `refund` is the name of the reversal: with it the purchase is undone and the money goes back. */
export function answerComplaint(id: string, body: { text: string; refund: string | null }): Promise<Complaint> {
  const params = { path: { ...here(), id } }
  return ask(raw.PUT(`${PATH}/{id}/answer`, { params, body })) as Promise<Complaint>
}
