// The month overview of the calendar, and places in the order in which they close.
import { expect, test } from 'vitest'
import { monthDays, plusMonths, withDays } from '@/admin/school/month'
import { openBelow, placesOf } from '@/admin/school/tree'

const calendar = {
  terms: [{ name: 'Autumn', from: '2026-08-25', to: '2027-01-31' }],
  special_days: [{ day: '2027-01-01', kind: 'holiday', name: 'New Year' }],
}

test('a month begins on a Monday and ends on a Sunday', () => {
  const days = monthDays('2027-01', calendar)
  expect([days.length, days[0]!.day, days.at(-1)!.day]).toEqual([35, '2026-12-28', '2027-01-31'])
  expect(days.find((of) => of.day === '2027-01-01')).toMatchObject({ inMonth: true, term: 'Autumn', number: 1 })
  expect(days.find((of) => of.day === '2027-01-01')!.special!.name).toBe('New Year')
  expect(monthDays('2027-02', calendar)[0]).toMatchObject({ day: '2027-02-01', term: '' })
})

test('months go over the year', () => {
  expect([plusMonths('2026-12', 1), plusMonths('2026-01', -1), plusMonths('2026-11', 14)]).toEqual([
    '2027-01',
    '2025-12',
    '2028-01',
  ])
})

test('days in a row get one kind, and can be ordinary again', () => {
  const set = withDays(calendar.special_days, '2026-12-31', 2, 'closed', 'Repairs')
  expect(set.map((of) => [of.day, of.kind])).toEqual([
    ['2026-12-31', 'closed'],
    ['2027-01-01', 'closed'],
  ])
  expect(withDays(set, '2026-12-31', 1, '', '').map((of) => of.day)).toEqual(['2027-01-01'])
})

test('what is open below is named from the bottom up, without what is closed', () => {
  const stall = (id: string, closed: boolean) => ({ id, name: id, number: 1, modes: ['dish'], closed })
  const canteen = { id: 'c', name: 'c', seats: 0, closed: false, stalls: [stall('s1', false), stall('s2', true)] }
  const [campus] = placesOf({ campuses: [{ id: 'a', name: 'a', closed: false, canteens: [canteen] }] })
  expect(openBelow(campus!).map((of) => of.id)).toEqual(['s1', 'c'])
})
