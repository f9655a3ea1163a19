// What is new of what the camera sees: a code that stays in front of it is read many times a second.

/** A code that nobody saw for as long counts as shown again. */
export const OUT_OF_SIGHT_MS = 1500
/** Bars carry one check digit only, so they must be read alike twice; a QR code corrects and proves itself. */
const BARS_TIMES = 2

export interface Seen {
  text: string
  kind: 'qr' | 'bars'
}

export type Look =
  | { kind: 'nothing' }
  | { kind: 'new'; text: string }
  /** Nobody can say which one is meant, so none is taken. */
  | { kind: 'several' }

interface Known {
  at: number
  times: number
  told: boolean
}

/**
 * What a text is remembered by. The text on a phone changes every few seconds, and must not pay again while the phone
 * lies there: envelope, account and serial, twelve bytes in thirty digits after the 97, stay the same (code/SPEC.md).
 */
function nameOf(text: string): string {
  return /^97\d{88,}$/.test(text) ? text.slice(0, 32) : text
}

export class Sight {
  private known = new Map<string, Known>()

  /** One picture and its moment. While nobody is `ready` for it, a new code waits instead of being told. */
  look(seen: Seen[], at: number, ready: boolean): Look {
    for (const [name, of] of this.known) if (at - of.at > OUT_OF_SIGHT_MS) this.known.delete(name)
    const texts = new Map(seen.map((of) => [nameOf(of.text), of]))
    for (const name of texts.keys()) {
      const before = this.known.get(name)
      this.known.set(name, { at, times: (before?.times ?? 0) + 1, told: before?.told ?? false })
    }
    if (texts.size > 1) return { kind: 'several' }
    for (const [name, of] of texts) {
      const known = this.known.get(name)!
      const sure = of.kind === 'qr' || known.times >= BARS_TIMES
      if (known.told || !sure || !ready) continue
      known.told = true
      return { kind: 'new', text: of.text }
    }
    return { kind: 'nothing' }
  }
}
