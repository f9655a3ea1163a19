// Every reason of the specification is said in words, in both languages, with what to do.
import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => {} })
const { REASONS, reasonWords } = await import('@/admin/codes/reasons')
const { locale } = await import('@/shared/locale')

/** The table of reasons in code/SPEC.md, in its order. */
function specified(): string[] {
  const spec = readFileSync(new URL('../../code/SPEC.md', import.meta.url), 'utf8')
  const table = spec.slice(spec.indexOf('## Reasons'), spec.indexOf('A legacy code passes the same reasons'))
  const firstCells = table.split('\n').filter((line) => line.startsWith('| `'))
  return firstCells.flatMap((line) => [...line.split('|')[1]!.matchAll(/`(\w+)`/g)].map((of) => of[1]!))
}

test('the reasons are those of the specification, in its order', () => {
  expect(specified()).toHaveLength(18)
  expect(Object.keys(REASONS)).toEqual(specified())
})

test('each says what it is and what to do, in both languages', () => {
  for (const [reason, [zh, zhTodo, en, enTodo]] of Object.entries(REASONS)) {
    for (const text of [zh, zhTodo]) expect(text, reason).toMatch(/[\u4e00-\u9fff]/)
    for (const text of [en, enTodo]) expect(text, reason).not.toMatch(/[\u4e00-\u9fff]/)
  }
})

test('a clock that is off is said in seconds', () => {
  locale.value = 'zh'
  expect(reasonWords('from_the_future', 95).what).toBe('手机时间比服务器快 95 秒。')
  locale.value = 'en'
  expect(reasonWords('stale', 400).what).toBe('This dynamic code is 400 s old.')
})

test('a reason of a later version is named', () => {
  locale.value = 'en'
  expect(reasonWords('of_next_year', null).what).toContain('of_next_year')
})
