// What a reader remembers of dynamic codes: the last use of each phone. Keyed on numbers, never on bytes: a P-256
// signature has a twin, so the same use has more than one text.
import { HOUR_MS } from './limits'
import type { School } from './school'

/** One use of a phone. After `endsMs` its credential is refused anyway, so it may be forgotten. */
export interface Use {
  school: School
  serial: number
  /** Rises with each code that the phone shows (`useOrder`). */
  order: number
  endsMs: number
}

/**
 * A refreshed credential has the same serial and begins later, and its counter begins anew: the later credential
 * comes after all uses of the earlier one. 40 bits, so a number of JavaScript holds it.
 */
export const useOrder = (notBefore: number, counter: number): number => notBefore * 0x1_0000 + counter

/**
 * Only a use above the last one is new. `memory_full`: forgetting one that is still valid would let it be used
 * again.
 */
export type MemoryProblem = 'replayed' | 'memory_full'

/** A margin, because a reader's clock may have been set back a little. */
const MARGIN_MS = HOUR_MS

/** Holds so many credentials and no more. */
export class Memory {
  readonly #capacity: number
  readonly #seen = new Map<string, Use>()

  constructor(credentials: number) {
    this.#capacity = credentials
  }

  /** For a reader that was switched off: what it wrote down before. */
  restore(use: Use): void {
    this.accept(use, -Infinity)
  }

  /** What has to be written down to survive being switched off. */
  uses(): Use[] {
    return [...this.#seen.values()]
  }

  /** Remembers a use; `null` when it is new. */
  accept(use: Use, now: number): MemoryProblem | null {
    const key = `${use.school} ${use.serial}`
    const before = this.#seen.get(key)
    if (before) {
      if (use.order <= before.order) return 'replayed'
      this.#seen.set(key, { ...use })
      return null
    }
    if (this.#seen.size >= this.#capacity) this.#forgetEnded(now)
    if (this.#seen.size >= this.#capacity) return 'memory_full'
    this.#seen.set(key, { ...use })
    return null
  }

  #forgetEnded(now: number): void {
    for (const [key, use] of this.#seen) {
      if (use.endsMs + MARGIN_MS <= now) this.#seen.delete(key)
    }
  }
}
