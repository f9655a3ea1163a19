import { describe, expect, it, vi } from 'vitest'
import { Names, SAME_MS, TWICE_MS, repeats } from '@/kiosk/acts'
import { HELP, wishOf } from '@/kiosk/keys'
import { pieces } from '@/kiosk/speech'
import type { Act } from '@/kiosk/wire'

vi.stubGlobal('window', { addEventListener: () => {} })
vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => {} })
const { settingsOf } = await import('@/kiosk/settings')
const { ageOf, batteryOf, clockOf, leaseOf, momentOf } = await import('@/kiosk/status')

const counting = () => {
  let n = 0
  return new Names(() => `id-${(n += 1)}`)
}
const pay: Act = { type: 'pay' }
const one: Act = { type: 'key', key: '1' }
const enter: Act = { type: 'key', key: 'enter' }

describe('names of acts', () => {
  it('gives a double press one name, also when the picture changed in between', () => {
    const names = counting()
    expect(names.name(pay, 4, 1000).id).toBe('id-1')
    expect(names.name(pay, 4, 1100).id).toBe('id-1')
    expect(names.name(pay, 5, 1100 + TWICE_MS - 1).id).toBe('id-1')
  })
  it('gives the next sale another one', () => {
    const names = counting()
    names.name(pay, 4, 1000)
    expect(names.name(pay, 9, 1000 + TWICE_MS).id).toBe('id-2')
  })
  it('takes the same press on a picture that does not change as a new wish after a while', () => {
    const names = counting()
    const print: Act = { type: 'print_last' }
    expect(names.name(print, 4, 1000).id).toBe('id-1')
    expect(names.name(print, 4, 1000 + SAME_MS).id).toBe('id-2')
  })
  it('counts every digit and every dish', () => {
    const names = counting()
    const dish: Act = { type: 'dish', id: 'a', count: 1 }
    expect([one, one, dish, dish].map((act) => names.name(act, 1, 1000).id)).toEqual([
      'id-1',
      'id-2',
      'id-3',
      'id-4',
    ])
  })
  it('knows enter for what it is', () => {
    expect([repeats(one), repeats(enter), repeats(pay)]).toEqual([true, false, false])
  })
  it('tells two answers apart', () => {
    const names = counting()
    const answer = (choice: string): Act => ({ type: 'answer', choice })
    expect(names.name(answer('yes'), 1, 1000).id).not.toBe(names.name(answer('no'), 1, 1001).id)
  })
})

describe('keys', () => {
  it.each([
    ['7', { kind: 'act', act: { type: 'key', key: '7' } }],
    [',', { kind: 'act', act: { type: 'key', key: '.' } }],
    ['Enter', { kind: 'act', act: { type: 'key', key: 'enter' } }],
    ['Backspace', { kind: 'act', act: { type: 'key', key: 'back' } }],
    ['Delete', { kind: 'act', act: { type: 'key', key: 'clear' } }],
    ['+', { kind: 'act', act: { type: 'pay' } }],
    ['-', { kind: 'act', act: { type: 'cancel' } }],
    ['F4', { kind: 'panel', panel: 'recent' }],
    ['q', null],
    ['F5', null],
  ])('%s while pricing', (key, wish) => expect(wishOf(key, { screen: 'pricing' })).toEqual(wish))
  it('answers a question with a choice and with nothing else', () => {
    const asked = { screen: 'question' as const }
    expect(wishOf('+', asked)).toEqual({ kind: 'choice', which: 'first' })
    expect(wishOf('Escape', asked)).toEqual({ kind: 'choice', which: 'last' })
    for (const key of ['1', 'Enter', 'Backspace', '.']) expect(wishOf(key, asked)).toBeNull()
  })
  it('is explained: each key of the help page does something', () => {
    const first = (keys: string) =>
      ({ '0–9 .': '0', 'Enter ↵': 'Enter', '⌫': 'Backspace', Del: 'Delete' })[keys] ?? keys
    for (const [keys] of HELP) {
      const key = first(keys).split(' ')[0]!.replace('−', '-')
      expect(wishOf(key, { screen: 'idle' }), key).not.toBeNull()
    }
  })
})

describe('speech', () => {
  const places = { 收款成功: [6000, 1200] as [number, number], '8': [2600, 200] as [number, number] }
  it('speaks one word after the other, and leaves out what has no clip', () =>
    expect(pieces(['收款成功', '亿', '8'], places, 400)).toEqual([
      { at: 400, start: 6000, length: 1200 },
      { at: 1640, start: 2600, length: 200 },
    ]))
})

describe('the status bar', () => {
  const now = Date.UTC(2026, 10, 26, 4, 5)
  const ages = { now: 'now', minutes: '{n} min', hours: '{n} h', days: '{n} d' }
  it('shows the time of China', () => expect(clockOf(now)).toBe('12:05'))
  it('names the day when it is another one', () => {
    expect(momentOf(now - 60_000, now)).toBe('12:04')
    expect(momentOf(now - 13 * 3_600_000, now)).toBe('11-25 23:05')
  })
  it.each([
    [59_000, 'now'],
    [61_000, '1 min'],
    [3_600_000, '1 h'],
    [50 * 3_600_000, '2 d'],
  ])('%d ms is %s', (ms, text) => expect(ageOf(ms, ages)).toBe(text))
  it('has no offline credit that is used up, over, or out of sales', () => {
    const lease = { left: 100, expires_at: now + 3_600_000, count_left: 3 }
    expect(leaseOf({ lease }, now)).toMatchObject({ gone: false, text: '¥1.00', worry: 'plain' })
    expect(leaseOf({ lease: { ...lease, expires_at: now + 60_000 } }, now).worry).toBe('warn')
    for (const none of [null, { ...lease, left: 0 }, { ...lease, expires_at: now }, { ...lease, count_left: 0 }]) {
      expect(leaseOf({ lease: none }, now).gone).toBe(true)
    }
  })
  it('worries about a battery that runs out, not about one that is charged', () => {
    expect(batteryOf({ battery: { percent: 9, charging: false } })?.worry).toBe('bad')
    expect(batteryOf({ battery: { percent: 9, charging: true } })?.worry).toBe('plain')
    expect(batteryOf({ battery: null })).toBeNull()
  })
})

describe('settings', () => {
  it('are the defaults when nothing sensible was kept', () => {
    const plain = { scanner_gap_ms: 60, speech: 'full' }
    for (const kept of [null, '{', 'null', '{"scanner_gap_ms":1,"speech":"opera"}']) {
      expect(settingsOf(kept)).toEqual(plain)
    }
    expect(settingsOf('{"scanner_gap_ms":100,"speech":"beep"}')).toEqual({ scanner_gap_ms: 100, speech: 'beep' })
  })
})
