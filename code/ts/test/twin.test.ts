// The phone's twin: codes of WebCrypto keys that nobody can read, bent in every way, judged here; and all of it
// written down for the Rust crate to judge as well (`cargo xtask test` does).
import { mkdirSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { decode, encode } from '../src/armour'
import { hexOf, joined } from '../src/bytes'
import { COUNTER_MAX, credentialSays, devicePublicKey, dynamicCode, newDeviceKey } from '../src/device'
import { kidOf, PROTECTIONS, SIGNATURE } from '../src/layout'
import { HOUR_MS, STEP_MS } from '../src/limits'
import { edgeKeys, edges } from './edges'
import { credential, NOW, PRINT, sign, worldWith } from './school'
import { Reader, root, vectors, unhex, type Asked, type ListCase } from './world'

const CODES = 200
const PHONES = 8
/** How many bent codes; more are worth a minute when a rule was changed. */
const BENT = Number(process.env.YITONG_BENT ?? 400)
const BENT_LISTS = BENT / 2

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

/** Lists whose signature is good and whose body is not what it was: what a broken server could send. */
function bentLists(): ListCase[] {
  const below = dice(11)
  const domains = { trust: 'trust', status: 'status', delta: 'delta', legacy: 'legacy' } as const
  const ours = vectors.list_cases.filter((of) => of.expected === 'ok' && !of.comment.includes('SM2'))
  return Array.from({ length: BENT_LISTS }, (_, id) => {
    const from = ours[id % ours.length] ?? expect.fail('no lists')
    const body = unhex(from.bytes).slice(0, -SIGNATURE)
    const at = 4 + below((id % 3 === 0 ? body.length : Math.min(body.length, 100)) - 4)
    body[at] = (body[at] ?? 0) ^ (1 << below(8))
    const how = below(4)
    const cut = how === 0 ? body.slice(0, Math.max(4, body.length - 1 - below(90))) : body
    const whole = how === 1 ? joined(cut, new Uint8Array(1 + below(90)).fill(id)) : cut
    const bytes = hexOf(sign(kidOf(whole), domains[from.kind], whole))
    const asked = { ...from, comment: `bent: ${from.comment}`, bytes, held: below(3) * 3 }
    const said = reader.readList(asked)
    return { ...asked, expected: said.ok ? 'ok' : said.why }
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
  const lists = bentLists()
  const problems = ['malformed', 'need_whole', 'not_newer', 'ok', 'wrong_purpose']
  expect([...new Set(lists.map((of) => of.expected))].sort()).toEqual(problems)

  const folder = new URL('target/typescript/', root)
  mkdirSync(folder, { recursive: true })
  writeFileSync(new URL('codes.json', folder), JSON.stringify({ ...world, cases, list_cases: lists }, null, 1))
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
