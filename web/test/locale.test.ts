// Counted words: English says one thing of one and another of many; Chinese needs neither.
import { expect, test, vi } from 'vitest'

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined })
const { locale, messages } = await import('@/shared/locale')
const t = messages(
  { wait: '{count} 个营业日待日结', none: '没有' },
  { wait: '{count} {count|day waits|days wait} to be closed', none: 'None' },
)

test('one day waits, two days wait', () => {
  locale.value = 'en'
  expect(t('wait', { count: 1 })).toBe('1 day waits to be closed')
  expect(t('wait', { count: 2 })).toBe('2 days wait to be closed')
  expect(t('wait', { count: 0 })).toBe('0 days wait to be closed')
  expect(t('wait', { count: '1,620' })).toBe('1,620 days wait to be closed')
})

test('what has no value stays as it is written', () => {
  locale.value = 'zh'
  expect(t('wait', { count: 3 })).toBe('3 个营业日待日结')
  expect(t('wait', {})).toBe('{count} 个营业日待日结')
  expect(t('none')).toBe('没有')
})
