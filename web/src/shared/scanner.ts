// A scanner that types like a keyboard: many signs, hardly any time between them, then Enter.

/** Scanners seen in schools stay below this; nobody types six signs in a row as fast. */
export const GAP_MS = 60
export const SCAN_SIGNS_MIN = 6
/** Once it is certain that a scanner types, a busy machine may hesitate. */
const HICCUP_MS = 250
const INPUT_METHOD = ['Process', 'Unidentified']
const SILENT = ['Shift', 'Control', 'Alt', 'CapsLock', 'NumLock', 'Meta']

export type Heard =
  | { kind: 'scan'; text: string }
  | { kind: 'key'; key: string }
  /** The signs of a scan whose end never came. */
  | { kind: 'broken' }
  | { kind: 'input_method' }

/**
 * Tells a scanner's signs from a person's. A sign is held until the next one shows whose it was, so that the first
 * digit of a code never reaches the keypad; a person does not notice the few milliseconds.
 */
export class Scanner {
  private signs = ''
  private last = -Infinity

  constructor(readonly gap = GAP_MS) {}

  /** One key and its moment; gives what is certain by now. */
  hear(key: string, at: number): Heard[] {
    if (SILENT.includes(key)) return []
    const fast = at - this.last <= this.patience()
    this.last = at
    if (INPUT_METHOD.includes(key)) return [{ kind: 'input_method' }]
    if (key === 'Enter' && fast && this.signs.length >= SCAN_SIGNS_MIN) {
      const text = this.signs
      this.signs = ''
      return [{ kind: 'scan', text }]
    }
    const before = fast && key.length === 1 ? [] : this.flush()
    // No code begins with one of these: a person's wish need not wait. A legacy text may begin with + or /.
    if (key.length !== 1 || (!this.signs && '-*'.includes(key))) return [...before, { kind: 'key', key }]
    this.signs += key
    return before
  }

  /** Nothing more came: what was held is a person's, or a scan without an end. */
  flush(): Heard[] {
    const signs = this.signs
    this.signs = ''
    if (signs.length >= SCAN_SIGNS_MIN) return [{ kind: 'broken' }]
    return [...signs].map((key) => ({ kind: 'key', key }))
  }

  /** How long the next sign may take. */
  patience(): number {
    return this.signs.length >= SCAN_SIGNS_MIN ? Math.max(HICCUP_MS, this.gap) : this.gap
  }

  /** Whether signs are held whose owner is not known yet. */
  holding(): boolean {
    return this.signs !== ''
  }
}

export type Code = { kind: 'person'; code: string } | { kind: 'dish'; code: string }

/** How a person's code looks. The server judges it; here it is only told from a dish. */
const PERSON = [
  // A campus code, printed or shown on a phone (code/SPEC.md): no barcode of a dish is as long.
  /^97\d{88,}$/,
  // A legacy code, wrapped: base64 of at least one RSA block.
  /^[A-Za-z0-9+/=]{100,}$/,
  // A legacy code in the open.
  /^#S.+#$/,
]

/** Everything that can't be a person's code is a dish. */
export function codeOf(text: string): Code {
  const code = text.trim()
  return PERSON.some((looks) => looks.test(code)) ? { kind: 'person', code } : { kind: 'dish', code }
}
