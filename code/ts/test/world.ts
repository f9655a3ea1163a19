// A reader that knows nothing but a file of vectors, in the form of `code/vectors/codes.json`.
import { readFileSync } from 'node:fs'
import { bytesOfHex, hexOf } from '../src/bytes'
import {
  LegacyList,
  Memory,
  pairwiseId,
  readSchool,
  StatusList,
  Trust,
  verify,
  type ListProblem,
  type Reason,
  type Result,
  type Root,
  type Suite,
  type Verified,
} from '../src/index'
import { PROTECTIONS } from '../src/layout'

export interface Case {
  id: number
  comment: string
  text: string
  now: number
  uncertainty_ms: number
  status: string
  before: string[]
  memory: number
  meant: string
  expected: unknown
}

/** A case without its answer. */
export type Asked = Omit<Case, 'expected' | 'meant'>

export interface ListCase {
  kind: 'trust' | 'status' | 'delta' | 'legacy'
  comment: string
  bytes: string
  base?: string
  held: number
  expected: string
}

export interface World {
  school: string
  roots: { kid: number; suite: Suite; key: string }[]
  trust: string
  trust_keys: Record<string, unknown>[]
  status: Record<string, string>
  legacy: string
  integrator_key: string
}

export interface Vectors extends World {
  cases: Case[]
  list_cases: ListCase[]
}

export const root = new URL('../../../', import.meta.url)
/** Another file of the same form, such as the codes of a running server. */
const file = process.env.YITONG_VECTORS ?? new URL('code/vectors/codes.json', root)
export const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vectors

export function unhex(text: string): Uint8Array {
  const bytes = bytesOfHex(text)
  if (!bytes) throw new Error(`no hex: ${text}`)
  return bytes
}

export function taken<T, E>(result: Result<T, E>): T {
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.why)}`)
  return result.value
}

export class Reader {
  readonly roots: Root[]
  readonly trust: Trust
  readonly status: Map<string, StatusList>
  readonly #school: string
  readonly #integrator: Uint8Array

  constructor(file: World) {
    this.roots = file.roots.map(({ kid, suite, key }) => ({ kid, key: { suite, bytes: unhex(key) } }))
    this.trust = taken(Trust.fromSigned(unhex(file.trust), this.roots, 0))
    const list = (bytes: string) => taken(StatusList.fromSigned(unhex(bytes), this.trust, 0))
    this.status = new Map(Object.entries(file.status).map(([name, bytes]) => [name, list(bytes)]))
    this.trust.addLegacy(taken(LegacyList.fromSigned(unhex(file.legacy), this.trust, 0)))
    this.#school = readSchool(file.school) ?? ''
    this.#integrator = unhex(file.integrator_key)
  }

  /** What this reader says to a case. */
  verify(of: Asked): Result<Verified, Reason> {
    const list = this.status.get(of.status)
    const status = list ? { list } : { elsewhere: this.#school }
    const memory = new Memory(of.memory)
    const now = { ms: of.now, uncertaintyMs: of.uncertainty_ms }
    for (const text of of.before) verify(text, this.trust, status, memory, now)
    return verify(of.text, this.trust, status, memory, now)
  }

  /** The same, in the form of `expected`. */
  expected(of: Asked): unknown {
    const said = this.verify(of)
    if (!said.ok) return { reason: said.why.code, seconds: said.why.seconds }
    const { kind, kid, account, serial, class: holder, endsMs, protection, counter, allowance, caps } = said.value
    return {
      kind,
      kid,
      account,
      serial,
      class: holder,
      ends_ms: endsMs,
      protection: protection && PROTECTIONS.indexOf(protection),
      counter,
      allowance,
      use_fen: caps?.useFen ?? 0,
      total_fen: caps?.totalFen ?? 0,
      uses: caps?.uses ?? 0,
      pairwise: hexOf(pairwiseId(this.#integrator, said.value)),
    }
  }

  readList(of: ListCase): Result<unknown, ListProblem> {
    const bytes = unhex(of.bytes)
    switch (of.kind) {
      case 'trust':
        return Trust.fromSigned(bytes, this.roots, of.held)
      case 'status':
        return StatusList.fromSigned(bytes, this.trust, of.held)
      case 'legacy':
        return LegacyList.fromSigned(bytes, this.trust, of.held)
      case 'delta':
        return taken(StatusList.fromSigned(unhex(of.base ?? ''), this.trust, 0)).withDelta(bytes, this.trust)
    }
  }
}
