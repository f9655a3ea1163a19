// Alarms: a printed code that was at two places sooner than somebody can walk. What is read, found and counted.
import { api, ask, type Schemas } from '@/shared/api/client'
import { here } from '@/shared/session'

export type Alarm = Schemas['CopyAlarm']
export type Finding = 'same_person' | 'copied'

export const FINDINGS = ['same_person', 'copied'] as const
/** More are not counted: the overview then says “99+”. */
const COUNTED_MAX = 99

export function findingOf(alarm: Pick<Alarm, 'finding'>): Finding | null {
  return FINDINGS.find((of) => of === alarm.finding) ?? null
}

/** A time apart as people say it: seconds, and minutes where there are any. */
export function apart(seconds: number): { minutes: number; seconds: number } {
  return { minutes: Math.floor(seconds / 60), seconds: seconds % 60 }
}

export function readAlarms(filter: { open?: boolean; person?: string; cursor?: string; limit?: number }) {
  return ask(
    api.GET('/api/v1/schools/{school}/copy-alarms', {
      params: { path: here(), query: { ...filter, person: filter.person || undefined } },
    }),
  )
}

/** How many wait to be looked at, as a text; empty when none does. */
export async function waiting(): Promise<string> {
  const { items, next } = await readAlarms({ open: true, limit: COUNTED_MAX })
  return items.length ? `${items.length}${next ? '+' : ''}` : ''
}

/** Null takes a finding back. */
export function settle(alarm: Alarm, finding: Finding | null, note: string) {
  const params = { path: { ...here(), id: alarm.id } }
  const body = { finding, note: note.trim() || null }
  return ask(api.PUT('/api/v1/schools/{school}/copy-alarms/{id}/finding', { params, body }))
}
