// The phone's twin: codes of WebCrypto keys that nobody can read, bent in every way, judged here; and all of it
// written down for the Rust crate to judge as well (`cargo xtask test` does).
import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { decode, encode } from '../src/armour'
import { COUNTER_MAX, credentialSays, devicePublicKey, dynamicCode, newDeviceKey } from '../src/device'
import { PROTECTIONS } from '../src/layout'
import { HOUR_MS, STEP_MS } from '../src/limits'
import { edgeKeys, edges } from './edges'
import { credential, NOW, PRINT, worldWith } from './school'
import { Reader, root, vectors, type Asked } from './world'

const CODES = 200
const PHONES = 8
const BENT = 400

const known = new Reader(vectors).trust.keys()
const like = known.find((key) => key.kid === PRINT)
const world = worldWith([...known, ...edgeKeys(like ?? expect.fail('the key for print'))])
const reader = new Reader(world)

const asked = (comment: string, text: string, at: Partial<Asked> = {}): Asked => {
  const usual = { id: 0, now: NOW, uncertainty_ms: 0, status: 'fresh', before: [], memory: 16 }
  return { ...usual, comment, text, ...at }
}

/** A phone shows its codes one after the other; each phone has a key, a serial and a begin of its own. */
async function shown(): Promise<Asked[]> {
  const codes = []
  for (let phone = 0; phone < PHONES; phone++) {
    const pair = await newDeviceKey()
    const issued = credential({
      deviceKey: await devicePublicKey(pair),
      serial: 4_000 + phone,
      startsMs: NOW - phone * 5 * HOUR_MS - HOUR_MS,
    })
    for (let counter = 0; counter < CODES / PHONES; counter++) {
      const now = NOW + counter * 2 * STEP_MS
      const text = (await dynamicCode(issued, pair.privateKey, now, counter)) ?? ''
      codes.push(asked(`phone ${phone}, counter ${counter}`, text, { now }))
    }
  }
  return codes
}

/** Deterministic chance, so that a failure can be looked at again. */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

function bent(codes: { text: string; comment: string }[]): Asked[] {
  const below = dice(7)
  const lists = [...Object.keys(world.status), 'elsewhere']
  return Array.from({ length: BENT }, (_, id) => {
    const from = codes[below(codes.length)] ?? expect.fail('no codes')
    const bytes = decode(from.text)?.slice() ?? expect.fail(from.comment)
    // Half of them somewhere among the fields, where there is more to judge than a signature.
    const place = id % 2 === 0 ? below(bytes.length) : below(Math.min(bytes.length, 54))
    bytes[place] = (bytes[place] ?? 0) ^ (1 << below(8))
    const text = id % 5 === 0 ? from.text : encode(bytes)
    const now = NOW + (below(5) - 2) * below(90_000)
    const status = lists[below(lists.length)] ?? 'fresh'
    return asked(`bent: ${from.comment}`, text, { now, status, uncertainty_ms: below(200_000) })
  })
}

interface Judged extends Asked {
  meant: string
  expected: unknown
}

const judged = (of: Asked, id: number): Judged => {
  const expected = reader.expected(of) as { reason?: string }
  return { ...of, id, expected, meant: expected.reason ?? 'ok' }
}

test('codes of non-extractable keys verify, here and in Rust', { timeout: 120_000 }, async () => {
  const asks = await shown()
  const codes = asks.map(judged)
  expect(codes.length).toBe(CODES)
  for (const of of codes) {
    expect(of.expected, of.comment).toMatchObject({ kind: 'dynamic', protection: PROTECTIONS.indexOf('browser') })
  }
  const odd = edges().map((of, id) => ({ meant: of.meant, said: judged(asked(of.comment, of.text), id) }))
  for (const { meant, said } of odd) expect(said.meant, said.comment).toBe(meant)

  // Each phone shows its second code after its third.
  const replays = asks
    .filter((of) => of.comment.endsWith('counter 1'))
    .map((of) => {
      const next = asks[asks.indexOf(of) + 1] ?? expect.fail('a third code')
      return judged({ ...of, before: [next.text] }, 0)
    })
  expect(replays.map((of) => of.meant)).toEqual(Array.from({ length: PHONES }, () => 'replayed'))

  const goodOnes = vectors.cases.filter((of) => of.meant === 'ok' && decode(of.text))
  const strange = bent([...goodOnes, ...asks]).map(judged)
  // A set of answers as wide as this one is worth comparing.
  expect(new Set(strange.map((of) => of.meant)).size).toBeGreaterThan(8)

  const cases = [...codes, ...odd.map((of) => of.said), ...replays, ...strange]
  const folder = new URL('target/typescript/', root)
  mkdirSync(folder, { recursive: true })
  writeFileSync(new URL('codes.json', folder), JSON.stringify({ ...world, cases, list_cases: [] }, null, 1))
})

test('a secret can be read by nobody', async () => {
  const pair = await newDeviceKey()
  expect(pair.privateKey.extractable).toBe(false)
  await expect(crypto.subtle.exportKey('pkcs8', pair.privateKey)).rejects.toThrow()
})

test('a phone knows what its credential says, and shows nothing beyond it', async () => {
  const pair = await newDeviceKey()
  const startsMs = NOW - HOUR_MS
  const issued = credential({ deviceKey: await devicePublicKey(pair), startsMs, lifeHours: 12 })
  const endsMs = NOW + 11 * HOUR_MS
  const caps = { useCapYuan: 100, totalCap5yuan: 40, uses: 10 }
  expect(credentialSays(issued)).toMatchObject({ startsMs, endsMs, serial: 4_000, protection: 'browser', ...caps })
  for (const wrong of [issued.subarray(1), new Uint8Array(118), new Uint8Array()]) {
    expect(credentialSays(wrong)).toBeNull()
    expect(await dynamicCode(wrong, pair.privateKey, NOW, 1)).toBeNull()
  }
  for (const counter of [-1, 1.5, COUNTER_MAX + 1, NaN]) {
    expect(await dynamicCode(issued, pair.privateKey, NOW, counter)).toBeNull()
  }
  for (const now of [startsMs - 1, startsMs + 2 ** 24 * STEP_MS, NaN, Infinity]) {
    expect(await dynamicCode(issued, pair.privateKey, now, 1)).toBeNull()
  }
  expect(await dynamicCode(issued, pair.privateKey, startsMs, COUNTER_MAX)).toHaveLength(470)
})
