// Complaints: their kinds and states, and how long there is until an answer is due.
import type { Complaint } from './wire'

export const KINDS = ['wrong_amount', 'not_mine', 'not_eaten', 'quality', 'other'] as const
export type Kind = (typeof KINDS)[number]
export const SHOWN = ['open', 'overdue', 'answered', 'refunded', 'all'] as const
export type State = 'open' | 'answered' | 'refunded'

export function kindOf(of: Pick<Complaint, 'kind'>): Kind {
  return KINDS.find((kind) => kind === of.kind) ?? 'other'
}

export function stateOf(of: Pick<Complaint, 'state'>): State {
  return of.state === 'open' || of.state === 'refunded' ? of.state : 'answered'
}

/** Whole days of the calendar until the day on which it is due: 0 is today, below zero it is past. */
export function daysLeft(due_at: string, today: string): number {
  return Math.round((Date.parse(due_at.slice(0, 10)) - Date.parse(today)) / 86_400_000)
}

/** The words of a deadline, with their number. */
export function due(due_at: string, today: string): { words: 'due_in' | 'due_today' | 'due_past'; days: number } {
  const days = daysLeft(due_at, today)
  if (days === 0) return { words: 'due_today', days }
  return days > 0 ? { words: 'due_in', days } : { words: 'due_past', days: -days }
}
