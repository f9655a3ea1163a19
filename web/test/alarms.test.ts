// Alarms of copied codes: what was found, how far apart, and what the overview counts.
import { afterEach, expect, test, vi } from 'vitest'
import { api } from '@/shared/api/client'

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => {} })
const { apart, findingOf, waiting } = await import('@/admin/alarms/alarm')

afterEach(() => vi.restoreAllMocks())
const answers = (items: number, next: string | null) =>
  vi
    .spyOn(api, 'GET')
    .mockResolvedValue({
      data: { items: Array.from({ length: items }, (_, i) => ({ id: String(i) })), next },
      response: new Response('{}'),
    } as never)

test('a time apart is said in minutes and seconds', () => {
  expect(apart(59)).toEqual({ minutes: 0, seconds: 59 })
  expect(apart(200)).toEqual({ minutes: 3, seconds: 20 })
})

test('a finding that this page does not know is none', () => {
  expect(findingOf({ finding: 'copied' })).toBe('copied')
  expect(findingOf({ finding: null })).toBeNull()
  expect(findingOf({ finding: 'of_next_year' })).toBeNull()
})

test('what waits is counted up to a page', async () => {
  const asked = answers(3, null)
  expect(await waiting()).toBe('3')
  expect(asked.mock.calls[0]?.[1]).toMatchObject({ params: { query: { open: true } } })
  answers(99, 'cursor')
  expect(await waiting()).toBe('99+')
  answers(0, null)
  expect(await waiting()).toBe('')
})
