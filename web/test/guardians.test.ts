// The office's pages about guardians: states, papers with codes, deadlines, and accounts of channels.
import { expect, test, vi } from 'vitest'

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => {} })
const { stateOf, surely } = await import('@/admin/guardians/binding')
const { addressOf, lastDay, papersOf, sheetsOf } = await import('@/admin/guardians/codes')
const { due } = await import('@/admin/complaints/complaint')
const { canResend, mayArriveTwice } = await import('@/admin/notices/notice')
const { configOf, fieldsFrom, fieldsOf, missing, textOf } = await import('@/admin/notices/channel')
const { codeInQr } = await import('@/parent/bind/code')

test('a lock is seen on a binding that is over, too', () => {
  expect(stateOf({ state: 'ended', locked: true })).toBe('locked')
  expect(stateOf({ state: 'active', locked: false })).toBe('active')
  expect(stateOf({ state: 'of_next_year', locked: false })).toBe('ended')
})

test('a pupil is chosen beforehand only when name and number fit one alone', () => {
  const one = (id: string, fits_name: boolean, fits_number: boolean) =>
    ({ person: { id }, fits_name, fits_number }) as Parameters<typeof surely>[0][number]
  expect(surely([one('a', true, true), one('b', true, false)])).toBe('a')
  expect(surely([one('a', true, false)])).toBe('')
  expect(surely([])).toBe('')
})

test('every code has its paper, eight on a sheet', () => {
  const child = (n: number) => ({ person: `p${n}`, name: `n${n}`, number: `${n}`, class: null, codes: ['A', 'B'] })
  const papers = papersOf({ items: [1, 2, 3, 4, 5].map(child), expires_at: '' })
  expect(papers.map((of) => of.key)).toContain('p5 1')
  expect(papers[1]).toMatchObject({ name: 'n1', code: 'B', nth: 2, of: 2 })
  expect(sheetsOf(papers).map((sheet) => sheet.length)).toEqual([8, 2])
  expect(sheetsOf([])).toEqual([])
})

test('a paper says the last whole day, and its QR is read by the parents’ app', () => {
  expect(lastDay('2027-01-27T00:00:00.000+08:00')).toBe('2027-01-26')
  const address = addressOf('https://school.example', '7K0M-1PQR-STVW')
  expect(new URL(address).pathname).toBe('/parent/bind')
  expect(codeInQr(address)).toBe('7K0M1PQRSTVW')
})

test('a deadline is said in days of the calendar', () => {
  const at = '2026-11-27T23:59:59.000+08:00'
  expect(due(at, '2026-11-25')).toEqual({ words: 'due_in', days: 2 })
  expect(due(at, '2026-11-27')).toEqual({ words: 'due_today', days: 0 })
  expect(due(at, '2026-12-01')).toEqual({ words: 'due_past', days: 4 })
})

test('what waits, is not true any more or may not leave is not sent again', () => {
  const of = (state: string, why: string | null = null, kind = 'purchase') => canResend({ state, why, kind })
  expect([of('failed'), of('unknown'), of('sent'), of('expired')]).toEqual([true, true, true, true])
  expect([of('waiting'), of('dropped'), of('joined'), of('kept', 'inbox_only')]).toEqual([
    false,
    false,
    false,
    false,
  ])
  expect(of('failed', null, 'sign_in_code')).toBe(false)
  expect(mayArriveTwice({ state: 'unknown' })).toBe(true)
  expect(mayArriveTwice({ state: 'failed' })).toBe(false)
})

test('keys that are kept stay unless one of them is typed', () => {
  const fields = fieldsOf('wecom', 'app')
  expect(configOf(fields, {})).toBeUndefined()
  expect(missing(fields, {}, true)).toEqual([])
  expect(missing(fields, {}, false).map((of) => of.name)).toEqual(['corp_id', 'secret', 'agent_id'])
  const typed = { corp_id: ' ww1 ', secret: '', agent_id: '7' }
  expect(missing(fields, typed, true).map((of) => of.name)).toEqual(['secret'])
  expect(configOf(fields, { ...typed, secret: 's' })).toEqual({ corp_id: 'ww1', secret: 's', agent_id: 7 })
})

test('settings within settings are sent as the server reads them', () => {
  const typed = { app_id: 'wx1', app_secret: 's', 'account.kind': 'service_account' }
  const config = { app_id: 'wx1', app_secret: 's', account: { kind: 'service_account' } }
  expect(configOf(fieldsOf('wechat', 'wechat'), typed)).toEqual(config)
})

test('fields of a template are lines', () => {
  const fields = { thing1: '{child}', amount2: '{amount} = 元' }
  expect(fieldsFrom(textOf(fields))).toEqual(fields)
  expect(fieldsFrom('\n thing1 = {child} \n\nempty')).toEqual({ thing1: '{child}', empty: '' })
})
