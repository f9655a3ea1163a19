// A scanner types like a keyboard, but faster than anybody, and ends with Enter. Wherever the cursor stands, a scan
// means the next person, never an amount.

/** Scanners seen in schools stay below this. */
export const GAP_MS = 50
export const SIGNS_MIN = 6

export class Burst {
  private text = ''
  private last = -Infinity

  /** True when this key begins what may become a scan: what fields hold now is what they held before it. */
  begins = false

  hear(key: string, at: number): string | null {
    const fast = at - this.last <= GAP_MS
    this.last = at
    this.begins = false
    if (key === 'Enter') {
      const text = this.text
      this.text = ''
      return fast && text.length >= SIGNS_MIN ? text : null
    }
    if (key.length !== 1) return null
    this.begins = !fast
    this.text = fast ? this.text + key : key
    return null
  }
}

/** The campus code is for counters: it says nothing about whose it is without the school's keys. */
export function isCampusCode(text: string): boolean {
  return /^97\d{88,}$/.test(text.trim())
}
