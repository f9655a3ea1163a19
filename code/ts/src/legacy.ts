// Another system's printed codes, as a list of their hashes. Their texts never change, so a reader needs no secret
// to know them, and what is not on the list is not a code, however well it was encrypted.
import { sha256 } from '@noble/hashes/sha2.js'
import { hexOf, i64At, u16At, u32At } from './bytes'
import { good, refused, type Result } from './result'
import type { School } from './school'
import { schoolAt, type ListProblem, type SignedKind, type Trust } from './trust'

/** Kind and kid, school, version, moment, number of entries. */
const HEAD = 4 + 16 + 4 + 8 + 4
const FINGERPRINT = 16
const ENTRY = FINGERPRINT + 4 + 4 + 2
const ENTRIES_MAX = 1_000_000

const LIST: SignedKind = { kind: 0x24, head: HEAD, purpose: 'legacy_list', domain: 'legacy' }

export interface LegacyEntry {
  account: number
  serial: number
  /** Last day of validity, days since 2020-01-01 UTC. */
  expiry: number
}

export interface LegacyHead {
  school: School
  version: number
  issuedAt: number
}

/**
 * Half of SHA-256, of the text without the white space around it, as hex. Eight bytes would do against chance, but
 * not against somebody who searches for a text that hits any of 50,000 entries: 2^48 tries.
 */
export function fingerprint(text: string): string {
  return hexOf(sha256(new TextEncoder().encode(trimmed(text))).subarray(0, FINGERPRINT))
}

/** White space of Unicode. `trim` of JavaScript takes U+FEFF and leaves U+0085, and a hash forgives nothing. */
const SPACE = /[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/

export function trimmed(text: string): string {
  let [from, to] = [0, text.length]
  while (from < to && SPACE.test(text.charAt(from))) from++
  while (to > from && SPACE.test(text.charAt(to - 1))) to--
  return text.slice(from, to)
}

export class LegacyList {
  readonly head: LegacyHead
  /** The key that signed it: its caps and its validity hold for every code of the list. */
  readonly kid: number
  readonly #entries: Map<string, LegacyEntry>

  private constructor(head: LegacyHead, kid: number, entries: Map<string, LegacyEntry>) {
    this.head = head
    this.kid = kid
    this.#entries = entries
  }

  /** Read from a list that the school signed. `held` is the version that the reader has; 0 for none. */
  static fromSigned(bytes: Uint8Array, trust: Trust, held: number): Result<LegacyList, ListProblem> {
    const checked = trust.check(bytes, LIST)
    if (!checked.ok) return checked
    const { body, key } = checked.value
    const head = { school: schoolAt(body), version: u32At(body, 20), issuedAt: i64At(body, 24) }
    const count = u32At(body, 32)
    if (count > ENTRIES_MAX || body.length - HEAD !== count * ENTRY) return refused('malformed')
    if (head.version <= held) return refused('not_newer')
    const entries = readEntries(body.subarray(HEAD))
    return entries ? good(new LegacyList(head, key.kid, entries)) : refused('malformed')
  }

  find(fingerprint: string): LegacyEntry | undefined {
    return this.#entries.get(fingerprint)
  }
}

/** `null`: not ascending, so not the one form of the list. */
function readEntries(bytes: Uint8Array): Map<string, LegacyEntry> | null {
  const entries = new Map<string, LegacyEntry>()
  let last = ''
  for (let place = 0; place < bytes.length; place += ENTRY) {
    const fingerprint = hexOf(bytes.subarray(place, place + FINGERPRINT))
    if (fingerprint <= last) return null
    last = fingerprint
    const at = place + FINGERPRINT
    entries.set(fingerprint, {
      account: u32At(bytes, at),
      serial: u32At(bytes, at + 4),
      expiry: u16At(bytes, at + 8),
    })
  }
  return entries
}
