// How much a code may do offline, by how old the reader's list of lost cards is. The older the list, the smaller
// the risk that may be taken on it.
import { DAY_MS, HOUR_MS } from './limits'

/** Up to this age a list counts as fresh. */
export const FRESH_MS_MAX = 24 * HOUR_MS
/** Up to this age caps are halved; beyond it, printed codes no longer pay. */
export const HALF_MS_MAX = 72 * HOUR_MS
/** Beyond this age a code only says who somebody is. */
export const PAY_MS_MAX = 7 * DAY_MS

/** What may be spent offline until the reader has asked the server again. */
export interface Caps {
  /** In one use, fen. */
  useFen: number
  /** In all uses together, fen. */
  totalFen: number
  uses: number
}

/** What a dynamic code may still spend in one use on a list older than `HALF_MS_MAX`. */
const MINIMUM: Caps = { useFen: 1_000, totalFen: 1_000, uses: 1 }

/** As codes and lists carry them: whole yuan, five yuan, a count. */
export const capsOf = (useYuan: number, total5yuan: number, uses: number): Caps => ({
  useFen: useYuan * 100,
  totalFen: total5yuan * 500,
  uses,
})

export const leastCaps = (a: Caps, b: Caps): Caps => ({
  useFen: Math.min(a.useFen, b.useFen),
  totalFen: Math.min(a.totalFen, b.totalFen),
  uses: Math.min(a.uses, b.uses),
})

/** A single use stays a use: half of one is not none. */
const halved = (caps: Caps): Caps => ({
  useFen: Math.floor(caps.useFen / 2),
  totalFen: Math.floor(caps.totalFen / 2),
  uses: Math.ceil(caps.uses / 2),
})

/**
 * What the age of the list leaves of a code's caps. `identity_only`: the code says who somebody is, and pays
 * nothing.
 */
export type Allowance = 'full' | 'half' | 'minimum' | 'identity_only'

export function allowanceByAge(ageMs: number, printed: boolean): Allowance {
  if (ageMs <= FRESH_MS_MAX) return 'full'
  if (ageMs <= HALF_MS_MAX) return 'half'
  return ageMs <= PAY_MS_MAX && !printed ? 'minimum' : 'identity_only'
}

export function allowedCaps(allowance: Allowance, caps: Caps): Caps | null {
  switch (allowance) {
    case 'full':
      return caps
    case 'half':
      return halved(caps)
    case 'minimum':
      return leastCaps(caps, MINIMUM)
    case 'identity_only':
      return null
  }
}
