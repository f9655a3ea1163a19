// A scanner that types like a keyboard: many signs, hardly any time between them, then Enter.

/** Odoo allows 100 ms; scanners seen in schools stay below this. */
export const GAP_MS = 35
export const SCAN_SIGNS_MIN = 6

export type Heard = { kind: 'scan'; text: string } | { kind: 'key'; key: string } | { kind: 'input_method' } | null

export class Scanner {
  private text = ''
  private last = -Infinity

  constructor(private readonly gap = GAP_MS) {}

  /** One key and its moment. Keys that come slowly are a person's, and are given back one by one. */
  hear(key: string, at: number): Heard {
    // An input method swallows what a scanner types.
    if (key === 'Process' || key === 'Unidentified') return { kind: 'input_method' }
    const fast = at - this.last <= this.gap
    this.last = at
    if (key === 'Enter') {
      const text = this.text
      this.text = ''
      return fast && text.length >= SCAN_SIGNS_MIN ? { kind: 'scan', text } : { kind: 'key', key }
    }
    if (key.length !== 1) return { kind: 'key', key }
    this.text = fast ? this.text + key : key
    // The first sign of a scan can't be told from a person's: it is given back, and undone when a scan follows.
    return fast && this.text.length > 1 ? null : { kind: 'key', key }
  }

  /** Whether what is being typed is a scan: then its first sign must not stay on the keypad. */
  scanning(): boolean {
    return this.text.length > 2
  }
}

export type Code = { kind: 'person'; code: string } | { kind: 'dish'; code: string }

/** A campus code is long and begins with 97; everything else is a dish. */
export function codeOf(text: string): Code {
  const code = text.trim()
  return /^97\d{88,}$/.test(code) ? { kind: 'person', code } : { kind: 'dish', code }
}
