// Parts that the vectors reach only from outside: the standards' own examples, and the edges of each rule.
import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { allowanceByAge, allowedCaps, FRESH_MS_MAX, HALF_MS_MAX, PAY_MS_MAX } from '../src/age'
import { decode, encode } from '../src/armour'
import { hexOf, i64At } from '../src/bytes'
import { integratorKey, Memory, pairwiseId, readSchool, Trust, type Verified } from '../src/index'
import { fingerprint, trimmed } from '../src/legacy'
import { HOUR_MS } from '../src/limits'
import { schoolBytes } from '../src/school'
import { sm3 } from '../src/sm3'
import { readVerifier, sm2Verifier } from '../src/suite'
import { Reader, unhex, vectors } from './world'

const utf8 = (text: string) => new TextEncoder().encode(text)

test('every length of armour comes back', () => {
  for (let length = 1; length <= 400; length++) {
    for (const bytes of [
      Uint8Array.from({ length }, (_, i) => i * 37 + length),
      new Uint8Array(length).fill(255),
      new Uint8Array(length),
    ]) {
      expect(decode(encode(bytes))).toEqual(bytes)
    }
  }
  expect(decode(encode(new Uint8Array(401)))).toBeNull()
})

test.each(['', '97x', '971', '97256', '97999999999999999', '98000', '97 00', '97000000000000256000000000000256x'])(
  'only the canonical text is read, not %j',
  (text) => expect(decode(text)).toBeNull(),
)

test('SM3 gives the examples of GB/T 32905', () => {
  expect(hexOf(sm3(utf8('abc')))).toBe('66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0')
  expect(hexOf(sm3(utf8('abcd'.repeat(16))))).toBe(
    'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732',
  )
})

test('SM3 is that of OpenSSL at every length around its blocks', () => {
  for (let length = 0; length < 300; length++) {
    const message = Uint8Array.from({ length }, (_, i) => i * 31 + length)
    expect(hexOf(sm3(message))).toBe(createHash('sm3').update(message).digest('hex'))
  }
})

test('SM2 verifies the example of GB/T 32918.5', () => {
  const key = unhex('0309f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020')
  const r = 'f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3'
  const s = 'b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa'
  const verifies = sm2Verifier(key)
  expect(verifies(utf8('message digest'), unhex(r + s))).toBe(true)
  expect(verifies(utf8('message digesT'), unhex(r + s))).toBe(false)
  expect(verifies(utf8('message digest'), unhex(s + r))).toBe(false)
})

test('bytes that are no key verify nothing, and harm nobody', () => {
  for (const first of ['00', '01', '04', '05', 'ff']) {
    expect(readVerifier({ suite: 'sm2', bytes: unhex(first + '01'.repeat(32)) })).toBeNull()
  }
  expect(readVerifier({ suite: 'sm2', bytes: unhex('ff') })).toBeNull()
  expect(readVerifier({ suite: 'ed25519', bytes: unhex(`02${'00'.repeat(31)}`) })).toBeNull()
  expect(readVerifier({ suite: 'ed25519', bytes: new Uint8Array() })).toBeNull()
})

test('an old list leaves less', () => {
  const check = (ageMs: number, printed: string, shown: string) =>
    expect([allowanceByAge(ageMs, true), allowanceByAge(ageMs, false)]).toEqual([printed, shown])
  check(-1, 'full', 'full')
  check(FRESH_MS_MAX, 'full', 'full')
  check(FRESH_MS_MAX + 1, 'half', 'half')
  check(HALF_MS_MAX + 1, 'identity_only', 'minimum')
  check(PAY_MS_MAX + 1, 'identity_only', 'identity_only')
  const caps = { useFen: 3_100, totalFen: 20_000, uses: 1 }
  expect(allowedCaps('half', caps)).toEqual({ useFen: 1_550, totalFen: 10_000, uses: 1 })
  expect(allowedCaps('minimum', { ...caps, useFen: 500 })).toEqual({ useFen: 500, totalFen: 1_000, uses: 1 })
  expect(allowedCaps('identity_only', caps)).toBeNull()
})

test('only a later use is new', () => {
  const memory = new Memory(2)
  const using = (order: number, school = 'a') => ({ school, serial: 5, order, endsMs: 100 })
  const said = [using(7), using(7), using(6), using(8), using(7, 'b')].map((use) => memory.accept(use, 0))
  expect(said).toEqual([null, 'replayed', 'replayed', null, null])
})

test('a full memory forgets only what has ended, and survives being switched off', () => {
  const memory = new Memory(2)
  const using = (serial: number, endsMs = 9_000_000) => ({ school: 'a', serial, order: 1, endsMs })
  expect([using(1, 100), using(2), using(3)].map((use) => memory.accept(use, 0))).toEqual([
    null,
    null,
    'memory_full',
  ])
  expect(memory.accept(using(3), 99 + HOUR_MS)).toBe('memory_full')
  expect(memory.accept(using(3), 101 + HOUR_MS)).toBeNull()
  const again = new Memory(2)
  for (const use of memory.uses()) again.restore(use)
  expect([using(2), using(3), using(4)].map((use) => again.accept(use, 0))).toEqual([
    'replayed',
    'replayed',
    'memory_full',
  ])
})

test('white space is what Unicode says, as in every other language', () => {
  expect(trimmed(' \t\r\n\u0085\u00a0\u1680\u2003\u2028\u202f\u205f\u3000x y\u3000\u0085 ')).toBe('x y')
  expect(trimmed('\ufeffx\u200b')).toBe('\ufeffx\u200b')
  expect(trimmed(' \n ')).toBe('')
  expect(fingerprint(' x\n')).toBe(fingerprint('x'))
})

test('another integrator, school or account gives another number', () => {
  const [a, b] = ['gate maker', 'bus line'].map((name) => integratorKey(new Uint8Array(32).fill(1), name))
  const id = (key: Uint8Array | undefined, digit: string, account: number) => {
    const school = readSchool(digit.repeat(32)) ?? ''
    return hexOf(pairwiseId(key ?? new Uint8Array(), { school, account } as Verified))
  }
  const ids = [id(a, '9', 7), id(b, '9', 7), id(a, '8', 7), id(a, '9', 8)]
  expect(new Set(ids).size).toBe(4)
  expect(id(a, '9', 7)).toBe(ids[0])
})

test('a school has one text', () => {
  const text = '0190aaaa-bbbb-7ccc-8ddd-eeeeffff0001'
  expect(readSchool(text.toUpperCase())).toBe(text)
  expect(readSchool(text.replaceAll('-', ''))).toBe(text)
  expect(schoolBytes(text)).toHaveLength(16)
  for (const wrong of ['', 'x'.repeat(32), text.slice(1), `${text}00`]) expect(readSchool(wrong)).toBeNull()
})

test('moments below zero and beyond 2^53 keep their place in time', () => {
  expect(i64At(unhex('ffffffffffffffff'), 0)).toBe(-1)
  expect(i64At(unhex('000001a1a9a62380'), 0)).toBe(0x1a1a9a62380)
  expect(i64At(unhex('7fffffffffffffff'), 0)).toBeGreaterThan(Number.MAX_SAFE_INTEGER)
})

test('keys of a server that is believed are as good as a signed list', () => {
  const trust = Trust.of(new Reader(vectors).trust.keys())
  expect(trust.keys()).toHaveLength(vectors.trust_keys.length)
  expect(trust.find(7)?.caps()).toEqual({ useFen: 3_000, totalFen: 6_000, uses: 4 })
})
