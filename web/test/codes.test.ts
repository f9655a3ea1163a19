// Who would get a code, and how cards fill pages.
import { expect, test } from 'vitest'
import { inPages, usualLastDay, whole, without } from '@/admin/codes/scope'
import type { Schemas } from '@/shared/api/client'

const person = (id: string, status = 'active') => ({ id, status }) as Schemas['Person']
const code = (of: string, status: string, expires_on = '2029-08-31') =>
  ({ person: { id: of }, status, expires_on }) as Schemas['Credential']

test('a lost code still counts: it is reinstated or reissued, not issued again', () => {
  const people = [person('a'), person('b'), person('c'), person('d'), person('e', 'left')]
  const codes = [code('a', 'active'), code('b', 'lost'), code('c', 'replaced'), code('d', 'active', '2026-01-01')]
  expect(without(people, codes, '2026-11-25').map((of) => of.id)).toEqual(['c', 'd'])
})

test('the last day on which a code is valid is still a day of it', () => {
  expect(without([person('a')], [code('a', 'active', '2026-11-25')], '2026-11-25')).toEqual([])
})

test('every page of a list is read, in order', async () => {
  const pages: Record<string, { items: number[]; next?: string }> = {
    first: { items: [1, 2], next: 'second' },
    second: { items: [3] },
  }
  expect(await whole(async (cursor) => pages[cursor ?? 'first']!)).toEqual([1, 2, 3])
})

test('21 cards are three pages of ten, the last with one', () => {
  const pages = inPages([...Array(21).keys()], 10)
  expect(pages.map((page) => page.length)).toEqual([10, 10, 1])
  expect(pages.flat()).toHaveLength(21)
})

test('a code lasts to the end of a school year', () => expect(usualLastDay('2026-11-25')).toBe('2029-08-31'))
