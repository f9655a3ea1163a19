import { describe, expect, it } from 'vitest'
import { at, picked, standing } from './notice'

const notice = (from: string | null, to: string | null) => ({ zh: '饺子', en: '', from, to })
const noon = Date.parse('2026-11-24T12:00:00+08:00')

describe('a notice', () => {
  it('is planned, showing or over as the terminal has it', () => {
    expect(standing(notice(null, null), noon)).toBe('showing')
    expect(standing(notice('2026-11-24T12:00:00.000+08:00', null), noon)).toBe('showing')
    expect(standing(notice('2026-11-24T12:00:01.000+08:00', null), noon)).toBe('planned')
    expect(standing(notice(null, '2026-11-24T12:00:00.000+08:00'), noon)).toBe('over')
    expect(standing(notice(null, '2026-11-24T12:00:01.000+08:00'), noon)).toBe('showing')
  })
  it('keeps its moments through the picker', () => {
    expect(picked('2026-11-24T12:05:00.000+08:00')).toBe('2026-11-24 12:05')
    expect(at('2026-11-24 12:05')).toBe('2026-11-24T12:05:00+08:00')
    expect([picked(null), at('')]).toEqual(['', null])
  })
})
