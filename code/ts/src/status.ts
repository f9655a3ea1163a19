// The list of lost and cancelled cards: two bits for each serial, one for each account. Serials are dense, so the
// list is exact and small, and a card that was found again is a bit that is cleared.
import { sha256 } from '@noble/hashes/sha2.js'
import { i64At, joined, same, u32At } from './bytes'
import { good, refused, type Result } from './result'
import type { School } from './school'
import { schoolAt, type ListProblem, type SignedKind, type Trust } from './trust'

/** Kind and kid, school, version, moment, serials, accounts. */
const HEAD = 4 + 16 + 4 + 8 + 4 + 4
/** The same, the version before, the number of changes, the hash of the result. */
const DELTA_HEAD = HEAD + 4 + 4 + 32
const CHANGE = 5
/** Serials or accounts of one school: 2.5 MB of list. */
const NUMBERS_MAX = 10_000_000
/** More changes than this, and the whole list is sent. */
export const CHANGES_MAX = 10_000

const LIST: SignedKind = { kind: 0x22, head: HEAD, purpose: 'status_list', domain: 'status' }
const LIST_DELTA: SignedKind = { kind: 0x23, head: DELTA_HEAD, purpose: 'status_list', domain: 'delta' }

/** Reported lost, which may be reinstated; replaced or given back, never valid again. */
export type CardState = 'good' | 'lost' | 'cancelled'

/** 3 is not written; a reader that meets it is careful. */
const STATES: readonly CardState[] = ['good', 'lost', 'cancelled', 'cancelled']

export interface StatusHead {
  school: School
  version: number
  /** The moment whose truth the list holds; its age decides how much a reader may risk. */
  issuedAt: number
}

interface Counted extends StatusHead {
  /** How many serials and accounts the list speaks of. One that is higher was issued later, and is good. */
  serials: number
  accounts: number
}

/** One difference between two versions. */
type Change = { serial: number; bits: number } | { account: number; stopped: boolean }

export class StatusList {
  readonly head: StatusHead
  readonly #counted: Counted
  readonly #cards: Uint8Array
  readonly #stopped: Uint8Array

  private constructor(counted: Counted, cards: Uint8Array, stopped: Uint8Array) {
    const { school, version, issuedAt } = counted
    this.head = { school, version, issuedAt }
    this.#counted = counted
    this.#cards = cards
    this.#stopped = stopped
  }

  /** Read from a list that the school signed. `held` is the version that the reader has; 0 for none. */
  static fromSigned(bytes: Uint8Array, trust: Trust, held: number): Result<StatusList, ListProblem> {
    const checked = trust.check(bytes, LIST)
    if (!checked.ok) return checked
    const { body } = checked.value
    const counted = readHead(body)
    if (!counted) return refused('malformed')
    const split = HEAD + bytesFor(counted.serials, 2)
    if (body.length !== split + bytesFor(counted.accounts, 1)) return refused('malformed')
    if (counted.version <= held) return refused('not_newer')
    return good(new StatusList(counted, body.slice(HEAD, split), body.slice(split)))
  }

  card(serial: number): CardState {
    const byte = this.#cards[Math.floor(serial / 4)] ?? 0
    return STATES[(byte >> ((serial % 4) * 2)) & 3] ?? 'cancelled'
  }

  isStopped(account: number): boolean {
    const byte = this.#stopped[Math.floor(account / 8)] ?? 0
    return ((byte >> (account % 8)) & 1) === 1
  }

  /** This list with a signed delta on top. Refused whole when it is for another version, or its result differs. */
  withDelta(bytes: Uint8Array, trust: Trust): Result<StatusList, ListProblem> {
    const checked = trust.check(bytes, LIST_DELTA)
    if (!checked.ok) return checked
    const { body } = checked.value
    const next = readHead(body)
    const [base, count] = [u32At(body, HEAD), u32At(body, HEAD + 4)]
    const changes = body.subarray(DELTA_HEAD)
    if (!next || count > CHANGES_MAX || changes.length !== count * CHANGE) return refused('malformed')
    if (next.school !== this.head.school || base !== this.head.version) return refused('need_whole')
    if (next.version <= base) return refused('not_newer')
    const grown = this.#grown(next)
    if (!grown) return refused('need_whole')
    for (let place = 0; place < changes.length; place += CHANGE) {
      const change = readChange(changes.subarray(place, place + CHANGE))
      if (!change) return refused('malformed')
      grown.#set(change)
    }
    return same(grown.#resultHash(), body.subarray(HEAD + 8, DELTA_HEAD)) ? good(grown) : refused('need_whole')
  }

  /** A copy under another head. `null`: it would speak of fewer cards or accounts. */
  #grown(next: Counted): StatusList | null {
    if (next.serials < this.#counted.serials || next.accounts < this.#counted.accounts) return null
    const cards = new Uint8Array(bytesFor(next.serials, 2))
    const stopped = new Uint8Array(bytesFor(next.accounts, 1))
    cards.set(this.#cards)
    stopped.set(this.#stopped)
    return new StatusList(next, cards, stopped)
  }

  /** Numbers that the list does not speak of are passed over. */
  #set(change: Change): void {
    if ('serial' in change) {
      if (change.serial >= this.#counted.serials) return
      const [byte, shift] = [Math.floor(change.serial / 4), (change.serial % 4) * 2]
      this.#cards[byte] = ((this.#cards[byte] ?? 0) & ~(3 << shift)) | (change.bits << shift)
    } else {
      if (change.account >= this.#counted.accounts) return
      const [byte, bit] = [Math.floor(change.account / 8), 1 << (change.account % 8)]
      const held = this.#stopped[byte] ?? 0
      this.#stopped[byte] = change.stopped ? held | bit : held & ~bit
    }
  }

  #resultHash(): Uint8Array {
    return sha256(joined(this.#cards, this.#stopped))
  }
}

const bytesFor = (numbers: number, bits: number): number => Math.ceil((numbers * bits) / 8)

/** `null`: more than a list holds. */
function readHead(body: Uint8Array): Counted | null {
  const [serials, accounts] = [u32At(body, 32), u32At(body, 36)]
  if (serials > NUMBERS_MAX || accounts > NUMBERS_MAX) return null
  return { school: schoolAt(body), version: u32At(body, 20), issuedAt: i64At(body, 24), serials, accounts }
}

function readChange(bytes: Uint8Array): Change | null {
  const [kind = 0xff, number] = [bytes[0], u32At(bytes, 1)]
  if (kind <= 2) return { serial: number, bits: kind }
  if (kind === 0x10 || kind === 0x11) return { account: number, stopped: kind === 0x11 }
  return null
}
