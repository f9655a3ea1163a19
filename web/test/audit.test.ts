// What the audit trail shows of a change: only what differs, named by what people call it.
import { expect, test } from 'vitest'
import { differences } from '@/admin/audit/difference'

const told = (before: unknown, after: unknown) =>
  differences(before, after).map((of) => [of.path.join('/'), of.before, of.after])

test('only the fields that differ are told', () => {
  expect(told({ name: 'A', closed: false }, { name: 'B', closed: false })).toEqual([['name', 'A', 'B']])
  expect(told({ topup: { min: { fen: 1 } } }, { topup: { min: { fen: 2 } } })).toEqual([
    ['topup/min', { fen: 1 }, { fen: 2 }],
  ])
  expect(told(null, null)).toEqual([])
})

test('what is new has no before', () => {
  expect(told(null, { name: 'A', price: { fen: 5 } })).toEqual([
    ['name', null, 'A'],
    ['price', null, { fen: 5 }],
  ])
  expect(told({ fen: 850 }, { reason: 'R' })).toEqual([
    ['fen', 850, null],
    ['reason', null, 'R'],
  ])
  expect(told(null, 'removed')).toEqual([['', null, 'removed']])
})

test('items of a list are matched by what they are, not by their place', () => {
  const lunch = { id: '1', name_zh: '午餐', start: '11:00' }
  const dinner = { id: '2', name_zh: '晚餐', start: '17:00' }
  expect(told([lunch, dinner], [dinner, { ...lunch, start: '11:30' }])).toEqual([['午餐/start', '11:00', '11:30']])
  expect(told([lunch], [])).toEqual([
    ['午餐/id', '1', null],
    ['午餐/name_zh', '午餐', null],
    ['午餐/start', '11:00', null],
  ])
})

test('days of the calendar are named by their day', () => {
  const day = { day: '2026-10-01', kind: 'holiday', name: 'National day' }
  expect(told([day], [{ ...day, kind: 'make_up' }])).toEqual([
    ['2026-10-01 National day/kind', 'holiday', 'make_up'],
  ])
})

test('plain lists are one value', () => {
  expect(told({ modes: ['dish'] }, { modes: ['dish', 'amount'] })).toEqual([
    ['modes', ['dish'], ['dish', 'amount']],
  ])
})
