// What guardians say is wrong in a child's data.
import { api, ask, type Schemas } from '@/shared/api/client'
import { here } from '@/shared/session'

export type Report = Schemas['SchoolDataReport']
export const FIELDS = ['name', 'class', 'number', 'phone', 'other'] as const
export type Field = (typeof FIELDS)[number]

export function fieldOf(report: Pick<Report['report'], 'field'>): Field {
  return FIELDS.find((of) => of === report.field) ?? 'other'
}

export function readReports({ state, q, cursor }: { state: string; q: string; cursor?: string }) {
  const query = { state: state || undefined, q: q.trim() || undefined, cursor }
  return ask(api.GET('/api/v1/schools/{school}/data-reports', { params: { path: here(), query } }))
}

export function answerReport(id: string, answer: string) {
  const params = { path: { ...here(), id } }
  return ask(api.PUT('/api/v1/schools/{school}/data-reports/{id}/answer', { params, body: { answer } }))
}
