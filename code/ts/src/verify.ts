// The verifier: from a text to a verified code or the first reason against it, in the order of precedence.
import { allowanceByAge, allowedCaps, capsOf, leastCaps, type Allowance, type Caps } from './age'
import { decode, looksLikeOurs } from './armour'
import {
  CREDENTIAL_BYTES,
  CREDENTIAL_FIELDS,
  DYNAMIC,
  DYNAMIC_BYTES,
  kidOf,
  readCredential,
  readShown,
  readStatic,
  SHOWN_BYTES,
  STATIC,
  STATIC_BYTES,
  STATIC_FIELDS,
  type Protection,
} from './layout'
import { fingerprint, trimmed } from './legacy'
import { AHEAD_MS_MAX, DAY_MS, EPOCH_MS, OLD_MS_MAX, STEP_MS, TEXT_MAX, UNCERTAINTY_MS_MAX } from './limits'
import { useOrder, type Memory, type MemoryProblem } from './memory'
import { good, refused, type Result } from './result'
import type { School } from './school'
import type { StatusList } from './status'
import { deviceSigned } from './suite'
import type { Known, Purpose, Trust } from './trust'

/** A signed list from this far ahead proves that the reader's clock is wrong. */
const CLOCK_BEHIND_MS_MAX = 5 * 60_000

/** The reader's time: the verifier has no clock of its own. */
export interface Now {
  /** Milliseconds of the Unix clock. */
  ms: number
  /** How far off that may be: a reader that has long been without a network is less certain. */
  uncertaintyMs: number
}

/**
 * Who knows what was lost: this reader's list, which belongs to one school, so codes of others are refused; or the
 * caller, who asks the server about the serial.
 */
export type Status = { list: StatusList } | { elsewhere: School }

/** Who makes sure that no code is taken twice: this reader's memory alone, or the caller. */
export type Replay = Memory | 'elsewhere'

/** Printed on a card; shown by a phone, for seconds; another system's print. */
export type Kind = 'static' | 'dynamic' | 'legacy'

/** Ordered by precedence: the first that holds is the answer. Stable, and the same in every language. */
export const REASONS = [
  /** The text is of another kind: a dish, a payment code, somebody's web address. */
  'not_a_campus_code',
  'malformed',
  /** A form of code that this reader does not know yet. */
  'unsupported_version',
  'unknown_key',
  'wrong_school',
  'wrong_purpose',
  'key_not_valid_now',
  'bad_signature',
  /** The school signed the credential, but not this phone the code. */
  'bad_device_signature',
  /** The reader's own clock is behind a list that it holds. */
  'clock_wrong',
  'expired',
  'lost',
  /** Replaced by another card, or given back. */
  'cancelled',
  'account_stopped',
  /** The phone's clock is ahead by so many seconds. */
  'from_the_future',
  /** A picture of a code, or a phone whose clock is behind by so many seconds. */
  'stale',
  'replayed',
  /** The reader's memory of uses is full; it has to ask the server. */
  'memory_full',
] as const
export type ReasonCode = (typeof REASONS)[number]

export interface Reason {
  code: ReasonCode
  /** By how much the phone's clock and the reader's differ, for `from_the_future` and `stale`. */
  seconds: number | null
}

interface Fields {
  kind: Kind
  school: School
  kid: number
  account: number
  serial: number
  class: number
  /** The first moment at which the card or credential is no longer valid, Unix ms. */
  endsMs: number
  /** How the phone keeps its key; nothing for print. */
  protection: Protection | null
  /** Which use of its phone this is: every later code of the phone has a higher one. Nothing for print. */
  useOrder: number | null
  /** Which code of its credential this is; nothing for print. */
  counter: number | null
  allowance: Allowance
  /** What may be spent offline. Nothing at all: the code only says who somebody is. */
  caps: Caps | null
}

declare const checked: unique symbol
/** A code whose key, signatures, time, status and use were all checked. Only `verify` makes one. */
export type Verified = Readonly<Fields> & { readonly [checked]: true }

type Verdict = Result<Verified, Reason>

const no = (code: ReasonCode, seconds: number | null = null) => refused<Reason>({ code, seconds })

/** Verifies one text. A dynamic code that is taken is remembered, so the same text is refused the next time. */
export function verify(text: string, trust: Trust, status: Status, replay: Replay, now: Now | number): Verdict {
  const at: At = { trust, status, now: typeof now === 'number' ? { ms: now, uncertaintyMs: 0 } : now }
  if (!looksLikeOurs(text)) return legacy(at, text)
  const bytes = decode(text)
  if (!bytes || bytes.length === 0) return no('malformed')
  switch (bytes[0]) {
    case STATIC:
      return bytes.length === STATIC_BYTES ? printed(at, bytes) : no('malformed')
    case DYNAMIC:
      return bytes.length === DYNAMIC_BYTES ? shown(at, bytes, replay) : no('malformed')
    default:
      // Nothing is said about the length of what is not known yet.
      return no('unsupported_version')
  }
}

interface At {
  trust: Trust
  status: Status
  now: Now
}

/** What a code of every kind says. */
interface Said {
  account: number
  serial: number
  endsMs: number
}

function printed(at: At, bytes: Uint8Array): Verdict {
  const fields = bytes.subarray(0, STATIC_FIELDS)
  const key = keyFor(at, kidOf(fields), 'printed_code')
  if (!key.ok) return key
  const known = key.value
  if (!known.verifies('static', fields, bytes.subarray(STATIC_FIELDS))) return no('bad_signature')
  const read = readStatic(fields)
  const said = { account: read.account, serial: read.serial, endsMs: endOfDay(read.expiry) }
  return against(at, said) ?? verified(at, known, said, { kind: 'static', class: read.class, caps: known.caps() })
}

function shown(at: At, bytes: Uint8Array, replay: Replay): Verdict {
  const fields = bytes.subarray(0, CREDENTIAL_FIELDS)
  const signedByDevice = bytes.subarray(0, SHOWN_BYTES)
  const read = readCredential(fields)
  if (!read) return no('malformed')
  const key = keyFor(at, kidOf(fields), 'credential')
  if (!key.ok) return key
  const known = key.value
  if (!known.verifies('credential', fields, bytes.subarray(CREDENTIAL_FIELDS, CREDENTIAL_BYTES))) {
    return no('bad_signature')
  }
  if (!deviceSigned(read.deviceKey, signedByDevice, bytes.subarray(SHOWN_BYTES))) return no('bad_device_signature')
  const { step, counter } = readShown(bytes)
  const shownAt = read.startsMs + step * STEP_MS
  const said = { account: read.account, serial: read.serial, endsMs: read.endsMs }
  const order = useOrder(read.notBefore, counter)
  const wrong =
    against(at, said, shownAt) ?? notFresh(at.now, shownAt) ?? usedBefore(at, replay, known, said, order)
  if (wrong) return wrong
  const caps = leastCaps(capsOf(read.useCapYuan, read.totalCap5yuan, read.uses), known.caps())
  return verified(at, known, said, {
    kind: 'dynamic',
    class: read.class,
    protection: read.protection,
    useOrder: order,
    caps,
  })
}

/** What is on no list is no code, whatever it looks like. */
function legacy(at: At, text: string): Verdict {
  const short = trimmed(text)
  // A text takes at least as many bytes as it has units; the second look counts the bytes that are hashed.
  const long = short.length > TEXT_MAX || new TextEncoder().encode(short).length > TEXT_MAX
  if (long || at.trust.legacy().length === 0) return no('not_a_campus_code')
  const print = fingerprint(short)
  for (const list of at.trust.legacy()) {
    const entry = list.find(print)
    if (!entry) continue
    const key = keyFor(at, list.kid, 'legacy_list')
    if (!key.ok) return key
    const said = { account: entry.account, serial: entry.serial, endsMs: endOfDay(entry.expiry) }
    return against(at, said) ?? verified(at, key.value, said, { kind: 'legacy', class: 0, caps: key.value.caps() })
  }
  return no('not_a_campus_code')
}

/** The key, if it is believed here, for this, and now. */
function keyFor(at: At, kid: number, purpose: Purpose): Result<Known, Reason> {
  const known = at.trust.find(kid)
  if (!known) return no('unknown_key')
  const school = 'list' in at.status ? at.status.list.head.school : at.status.elsewhere
  if (known.of.school !== school) return no('wrong_school')
  if (known.of.purpose !== purpose) return no('wrong_purpose')
  return known.isValid(at.now.ms) ? good(known) : no('key_not_valid_now')
}

/** Time and status, after the signatures. `shownAt`: the moment that the code itself is of. */
function against(at: At, said: Said, shownAt = at.now.ms) {
  const list = 'list' in at.status ? at.status.list : null
  if (list && list.head.issuedAt - at.now.ms > CLOCK_BEHIND_MS_MAX) return no('clock_wrong')
  // Not `>=` turned around: a clock that gives no number finds every code expired.
  if (!(Math.max(at.now.ms, shownAt) < said.endsMs)) return no('expired')
  if (!list) return null
  const state = list.card(said.serial)
  if (state !== 'good') return no(state)
  return list.isStopped(said.account) ? no('account_stopped') : null
}

function notFresh(now: Now, shownAt: number) {
  const uncertain = now.uncertaintyMs > 0 ? Math.min(now.uncertaintyMs, UNCERTAINTY_MS_MAX) : 0
  const age = now.ms - shownAt
  const seconds = Math.floor(Math.abs(age) / 1_000)
  if (age < -(AHEAD_MS_MAX + uncertain)) return no('from_the_future', seconds)
  return age > OLD_MS_MAX + uncertain ? no('stale', seconds) : null
}

function usedBefore(at: At, replay: Replay, known: Known, said: Said, order: number) {
  if (replay === 'elsewhere') return null
  const use = { school: known.of.school, serial: said.serial, order, endsMs: said.endsMs }
  const problem: MemoryProblem | null = replay.accept(use, at.now.ms)
  return problem && no(problem)
}

type Own = Pick<Fields, 'kind' | 'class'> & { caps: Caps; protection?: Protection; useOrder?: number }

function verified(at: At, known: Known, said: Said, own: Own): Verdict {
  const age = 'list' in at.status ? at.now.ms - at.status.list.head.issuedAt : null
  const allowance = age === null ? 'full' : allowanceByAge(age, own.kind !== 'dynamic')
  const fields: Fields = {
    ...said,
    kind: own.kind,
    school: known.of.school,
    kid: known.of.kid,
    class: own.class,
    protection: own.protection ?? null,
    useOrder: own.useOrder ?? null,
    counter: own.useOrder === undefined ? null : own.useOrder % 0x1_0000,
    allowance,
    caps: allowedCaps(allowance, own.caps),
  }
  return good(Object.freeze(fields) as Verified)
}

/** The first moment after the last day of validity. */
const endOfDay = (expiry: number): number => EPOCH_MS + (expiry + 1) * DAY_MS
