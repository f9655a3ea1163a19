// Whatever a scanner or a network brings, the answer is an answer: nothing throws, and nothing made by chance is
// taken.
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encode } from '../src/armour'
import { credentialSays, dynamicCode, newDeviceKey } from '../src/device'
import { LegacyList, Memory, REASONS, StatusList, Trust, verify, type Now } from '../src/index'
import { NOW } from './school'
import { Reader, unhex, vectors } from './world'

const reader = new Reader(vectors)
const list = reader.status.get('fresh')
const RUNS = { numRuns: 400 }

function refuses(text: string, now: Now | number): void {
  if (!list) throw new Error('the fresh list')
  const said = verify(text, reader.trust, { list }, new Memory(1), now)
  expect(said.ok ? 'ok' : REASONS.includes(said.why.code)).toBe(true)
}

const anyNumber = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(NOW, NaN, Infinity, -Infinity))

test('any text', () => {
  const digits = fc.stringMatching(/^97[0-9]{88,400}$/)
  const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 1_200 }), fc.string({ unit: 'grapheme' }), digits)
  fc.assert(
    fc.property(text, anyNumber, anyNumber, (text, ms, uncertaintyMs) => refuses(text, { ms, uncertaintyMs })),
    RUNS,
  )
  for (const text of ['\ud800', '\udc00'.repeat(1_000), '97'.repeat(1_000_000)]) refuses(text, NOW)
})

test('any bytes that say they are a code', () => {
  const lengths = fc.constantFrom(79, 187, 36, 100, 399)
  const bytes = lengths.chain((length) => fc.uint8Array({ minLength: length, maxLength: length }))
  const kids = fc.constantFrom(5, 7, 8, 12, 20, 21, 22)
  fc.assert(
    fc.property(bytes, kids, fc.constantFrom(0x11, 0x12, 0x13, 0x21), (bytes, kid, first) => {
      bytes.set([first, 0, 0, kid])
      refuses(encode(bytes), NOW)
    }),
    RUNS,
  )
})

test('any bytes that say they are a list', () => {
  const kinds = fc.constantFrom(0x21, 0x22, 0x23, 0x24)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), kinds, (bytes, kind) => {
      bytes[0] = kind
      const said = [
        Trust.fromSigned(bytes, reader.roots, 0),
        StatusList.fromSigned(bytes, reader.trust, 0),
        LegacyList.fromSigned(bytes, reader.trust, 0),
        list?.withDelta(bytes, reader.trust),
      ]
      expect(said.map((of) => of?.ok)).toEqual([false, false, false, false])
    }),
    RUNS,
  )
})

test('a signed list with one bit changed', () => {
  const good = vectors.list_cases.filter((of) => of.expected === 'ok')
  fc.assert(
    fc.property(fc.constantFrom(...good), fc.nat(), fc.nat(7), (of, place, bit) => {
      const bytes = unhex(of.bytes)
      const at = place % bytes.length
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit)
      const hex = Buffer.from(bytes).toString('hex')
      expect(reader.readList({ ...of, bytes: hex }).ok).toBe(false)
    }),
    { numRuns: 200 },
  )
})

test('any bytes as a credential', async () => {
  const { privateKey } = await newDeviceKey()
  const bytes = fc.oneof(fc.uint8Array({ minLength: 118, maxLength: 118 }), fc.uint8Array())
  await fc.assert(
    fc.asyncProperty(bytes, anyNumber, anyNumber, async (bytes, now, counter) => {
      const says = credentialSays(bytes)
      const text = await dynamicCode(bytes, privateKey, now, counter)
      expect(text === null || (says !== null && text.length === 470)).toBe(true)
    }),
    RUNS,
  )
})
