// `code/vectors/codes.json` is the only truth: every language reads the same file.
import { expect, test } from 'vitest'
import { hexOf } from '../src/bytes'
import { readSchool, REASONS, StatusList } from '../src/index'
import { Reader, taken, unhex, vectors } from './world'

const reader = new Reader(vectors)

/** Of our own file; another file has only some of it. */
const ours = test.skipIf(process.env.YITONG_VECTORS)

test.each(vectors.cases)('code $id: $comment', (of) => {
  expect(reader.expected(of)).toEqual(of.expected)
})

test.each(vectors.list_cases)('$kind list: $comment', (of) => {
  const said = reader.readList(of)
  expect(said.ok ? 'ok' : said.why).toBe(of.expected)
})

ours('every reason has a vector, and no vector a reason that we do not know', () => {
  const meant = new Set(vectors.cases.map((of) => of.meant).filter((of) => of !== 'ok'))
  expect([...meant].sort()).toEqual([...REASONS].sort())
})

test('the trust list says what the file says of it', () => {
  const said = reader.trust
    .keys()
    .map((of) => ({
      key: hexOf(of.key.bytes),
      kid: of.kid,
      purpose: of.purpose,
      school: of.school,
      suite: of.key.suite,
      total_cap_5yuan: of.totalCap5yuan,
      use_cap_yuan: of.useCapYuan,
      uses: of.uses,
      valid_from: of.validFrom,
      valid_until: of.validUntil,
    }))
  expect(said).toEqual(vectors.trust_keys.map((of) => ({ ...of, school: readSchool(String(of.school)) })))
})

ours('a delta changes what it says and nothing else', () => {
  const delta = vectors.list_cases.find((of) => of.kind === 'delta' && of.expected === 'ok')
  const before = taken(StatusList.fromSigned(unhex(delta?.base ?? ''), reader.trust, 0))
  const after = taken(before.withDelta(unhex(delta?.bytes ?? ''), reader.trust))
  const says = (list: StatusList) => [
    ...[100, 101, 4_998, 4_999, 5_000].map((serial) => list.card(serial)),
    ...[50, 2_999, 3_000].map((account) => list.isStopped(account)),
  ]
  expect(says(before)).toEqual(['lost', 'cancelled', 'good', 'good', 'good', true, false, false])
  expect(says(after)).toEqual(['good', 'cancelled', 'good', 'lost', 'good', true, true, false])
  expect(after.head.version).toBe(before.head.version + 1)
  const again = after.withDelta(unhex(delta?.bytes ?? ''), reader.trust)
  expect(again).toEqual({ ok: false, why: 'need_whole' })
})
