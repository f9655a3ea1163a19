// The trust list: which keys are believed, for which school and purpose, how long, and up to which amounts. Signed
// by a root whose public key the reader was given when it was set up.
import { capsOf, type Caps } from './age'
import { i64At, u16At, u24At, u32At } from './bytes'
import { kidOf, SIGNATURE } from './layout'
import type { LegacyList } from './legacy'
import { good, refused, type Result } from './result'
import { SCHOOL_BYTES, schoolOf, type School } from './school'
import { KEY_BYTES, readVerifier, SUITES, type Domain, type KeyBytes, type Verifier } from './suite'

const LIST = 0x21
const HEAD = 4 + 4 + 8 + 2
const ENTRY = 3 + SCHOOL_BYTES + 1 + 1 + 33 + 8 + 8 + 3

/**
 * Codes printed on cards; credentials for phones; lists of lost cards, and their deltas; another system's printed
 * codes.
 */
export type Purpose = 'printed_code' | 'credential' | 'status_list' | 'legacy_list'

/** Their numbers in signed lists. */
const PURPOSES = new Map<number, Purpose>([
  [1, 'printed_code'],
  [2, 'credential'],
  [3, 'status_list'],
  [4, 'legacy_list'],
])

export interface TrustedKey {
  /** 24 bits. */
  kid: number
  school: School
  purpose: Purpose
  key: KeyBytes
  /** Milliseconds of the Unix clock; the end is the first moment after. */
  validFrom: number
  validUntil: number
  /** Whole yuan in one use offline, five yuan each in all uses, and the number of uses. */
  useCapYuan: number
  totalCap5yuan: number
  uses: number
}

/**
 * Why a signed list was not taken. Nothing of the old one is lost. `not_newer`: an old list could hide a loss.
 * `need_whole`: a delta for another version than the one at hand, or whose result differs; fetch the whole list.
 */
export type ListProblem =
  'malformed' | 'unknown_key' | 'wrong_purpose' | 'bad_signature' | 'not_newer' | 'need_whole'

/** A root that the reader was given when it was set up. */
export interface Root {
  kid: number
  key: KeyBytes
}

/** A key, read from its bytes once. Bytes that are no key stay in the list and verify nothing. */
export class Known {
  readonly of: TrustedKey
  #verifier: Verifier | null | undefined

  constructor(of: TrustedKey) {
    this.of = of
  }

  /** The point is read when it is first needed: a list has a key for each print batch, and a day uses few. */
  verifies(domain: Domain, message: Uint8Array, signature: Uint8Array): boolean {
    if (this.#verifier === undefined) this.#verifier = readVerifier(this.of.key)
    return this.#verifier?.(domain, message, signature) ?? false
  }

  isValid(now: number): boolean {
    return this.of.validFrom <= now && now < this.of.validUntil
  }

  caps(): Caps {
    return capsOf(this.of.useCapYuan, this.of.totalCap5yuan, this.of.uses)
  }
}

export class Trust {
  readonly version: number
  readonly issuedAt: number
  readonly #keys: Map<number, Known>
  #legacy: LegacyList[] = []

  private constructor(keys: TrustedKey[], version: number, issuedAt: number) {
    this.version = version
    this.issuedAt = issuedAt
    this.#keys = new Map(keys.map((key) => [key.kid, new Known(key)]))
  }

  /** From a source that is believed without a signature: the reader's own server. */
  static of(keys: TrustedKey[]): Trust {
    return new Trust(keys, 0, 0)
  }

  /** From a list that one of the pinned roots signed. `held` is the version that the reader has; 0 for none. */
  static fromSigned(bytes: Uint8Array, roots: readonly Root[], held: number): Result<Trust, ListProblem> {
    const parts = signedParts(bytes, LIST, HEAD)
    if (!parts) return refused('malformed')
    const { body, signature } = parts
    const root = roots.find((root) => root.kid === kidOf(body))
    if (!root) return refused('unknown_key')
    if (!readVerifier(root.key)?.('trust', body, signature)) return refused('bad_signature')
    const version = u32At(body, 4)
    if (version <= held) return refused('not_newer')
    const keys = readKeys(body.subarray(HEAD), u16At(body, 16))
    return keys ? good(new Trust(keys, version, i64At(body, 8))) : refused('malformed')
  }

  /** Another system's codes; a newer list of the same school takes the place of the older. */
  addLegacy(list: LegacyList): void {
    this.#legacy = [...this.#legacy.filter((held) => held.head.school !== list.head.school), list]
  }

  keys(): TrustedKey[] {
    return [...this.#keys.values()].map((known) => known.of)
  }

  find(kid: number): Known | undefined {
    return this.#keys.get(kid)
  }

  legacy(): readonly LegacyList[] {
    return this.#legacy
  }

  /** Checks a list that a school signed: kind, key, purpose, signature. Gives its body and its key. */
  check(bytes: Uint8Array, list: SignedKind): Result<{ body: Uint8Array; key: TrustedKey }, ListProblem> {
    const parts = signedParts(bytes, list.kind, list.head)
    if (!parts) return refused('malformed')
    const { body, signature } = parts
    const known = this.find(kidOf(body))
    if (!known) return refused('unknown_key')
    if (known.of.purpose !== list.purpose || known.of.school !== schoolAt(body)) return refused('wrong_purpose')
    return known.verifies(list.domain, body, signature) ? good({ body, key: known.of }) : refused('bad_signature')
  }
}

/** What tells one kind of signed list from another. */
export interface SignedKind {
  kind: number
  head: number
  purpose: Purpose
  domain: Domain
}

/** The heads of all lists that a school signs have its id in the same place. */
export const schoolAt = (body: Uint8Array): School => schoolOf(body.subarray(4, 4 + SCHOOL_BYTES))

function signedParts(bytes: Uint8Array, kind: number, head: number) {
  const length = bytes.length - SIGNATURE
  if (length < head || bytes[0] !== kind) return null
  return { body: bytes.subarray(0, length), signature: bytes.subarray(length) }
}

function readKeys(entries: Uint8Array, count: number): TrustedKey[] | null {
  if (entries.length !== count * ENTRY) return null
  const keys: TrustedKey[] = []
  for (let place = 0; place < entries.length; place += ENTRY) {
    const key = readKey(entries.subarray(place, place + ENTRY))
    const last = keys.at(-1)
    // Ascending, so that a kid can't appear twice and every list has one form.
    if (!key || (last && last.kid >= key.kid)) return null
    keys.push(key)
  }
  return keys
}

function readKey(entry: Uint8Array): TrustedKey | null {
  const purpose = PURPOSES.get(entry[19] ?? 0)
  const suite = SUITES.get(entry[20] ?? 0)
  // An Ed25519 key is one byte shorter than its place.
  if (!purpose || !suite || (suite === 'ed25519' && entry[53] !== 0)) return null
  return {
    kid: u24At(entry, 0),
    school: schoolOf(entry.subarray(3, 19)),
    purpose,
    key: { suite, bytes: entry.slice(21, 21 + KEY_BYTES[suite]) },
    validFrom: i64At(entry, 54),
    validUntil: i64At(entry, 62),
    useCapYuan: entry[70] ?? 0,
    totalCap5yuan: entry[71] ?? 0,
    uses: entry[72] ?? 0,
  }
}
