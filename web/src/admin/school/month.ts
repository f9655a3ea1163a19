// A month as weeks of days, each with what the calendar says of it.
import { plusDays } from '@/shared/days'
import type { Schemas } from '@/shared/api/client'

export interface MonthDay {
  day: string
  number: number
  inMonth: boolean
  term: string
  special: Schemas['SpecialDay'] | null
}

/** 2026-11 and so many months later. */
export function plusMonths(month: string, months: number): string {
  const [year, of] = month.split('-').map(Number) as [number, number]
  return new Date(Date.UTC(year, of - 1 + months, 1)).toISOString().slice(0, 7)
}

/** From the Monday before the first to the Sunday after the last day. */
export function monthDays(month: string, calendar: Schemas['Calendar']): MonthDay[] {
  const first = `${month}-01`
  const last = plusDays(`${plusMonths(month, 1)}-01`, -1)
  const weekday = (day: string) => (new Date(`${day}T00:00:00Z`).getUTCDay() + 6) % 7
  const end = plusDays(last, 6 - weekday(last))
  const special = new Map(calendar.special_days.map((of) => [of.day, of]))
  const days: MonthDay[] = []
  for (let day = plusDays(first, -weekday(first)); day <= end; day = plusDays(day, 1)) {
    const term = calendar.terms.find((of) => of.from <= day && day <= of.to)?.name ?? ''
    days.push({
      day,
      number: Number(day.slice(8)),
      inMonth: day.startsWith(month),
      term,
      special: special.get(day) ?? null,
    })
  }
  return days
}

/** Sets some days in a row to one kind, or back to ordinary; in the order of days. */
export function withDays(
  special: Schemas['SpecialDay'][],
  from: string,
  count: number,
  kind: string,
  name: string,
): Schemas['SpecialDay'][] {
  const days = Array.from({ length: count }, (_, i) => plusDays(from, i))
  const kept = special.filter((of) => !days.includes(of.day))
  const set = kind ? days.map((day) => ({ day, kind, name })) : []
  return [...kept, ...set].sort((a, b) => a.day.localeCompare(b.day))
}
