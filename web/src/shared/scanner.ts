// A scanner that types like a keyboard: many signs, hardly any time between them, then Enter. What it types must never
// become an amount, however busy the machine is: each sign is held until it is certain whose it was, judged by the
// clock of the keyboard, and a sign that turns out to be a scanner's after all is taken back.
import { isGoods, isWhole } from './codes'

/** Scanners seen in schools stay below this; nobody types six signs in a row as fast. */
export const GAP_MS = 60
export const SCAN_SIGNS_MIN = 6
/** Two keys of a hand that are closer were pressed together by mistake. */
export const HAND_MS = 25
/** Once it is certain that a scanner types, a busy machine may hesitate. */
const HICCUP_MS = 250
/** The pieces of a scan that a busy machine has torn apart lie no farther from each other. */
export const TORN_MS = 2_500
/** Some scanners end with two keys: what follows the end so soon is of the same scan. */
const END_MS = 150
/** A hand that types on does so within this time; one that looks at the screen first takes longer. */
export const SETTLE_MS = 800
/** No code is longer. */
const SIGNS_MAX = 1_000
/** So many signs are no slip of a hand: pieces may be put together to a dish's code of this length. */
const JOINED_MIN = 8
const INPUT_METHOD = ['Process', 'Unidentified']
const SILENT = ['Shift', 'Control', 'Alt', 'CapsLock', 'NumLock', 'Meta']
const ENDS = ['Enter', 'Tab']
/** Keys of a person who begins again. */
const AFRESH = ['Escape', 'Delete', 'Backspace']
/** What a hand may type so fast that two keys look like a scanner's. */
const AMOUNT = /^[0-9.,]+$/

export type Heard =
  /** `back`: the keys from this mark on were the scanner's, too. */
  | { kind: 'scan'; text: string; back: number | null }
  /** A person's; `mark` is its number. */
  | { kind: 'key'; key: string; mark: number }
  /** Nobody can say whose signs these were, so they count for nothing; `clear`: what was typed before is in doubt, too. */
  | { kind: 'torn'; back: number | null; clear: boolean }
  | { kind: 'input_method' }

/** What the page knows. */
export interface Known {
  /** The code of something that is sold here. */
  dish?(text: string): boolean
  /** Nothing here costs money: a burst like this one is a fast hand's. `ended`: with an Enter. */
  hand?(text: string, ended: boolean): boolean
}

interface Sign {
  key: string
  at: number
  /** Given out as a person's key, under this number. */
  mark: number | null
}

const textOf = (signs: Sign[]) => signs.map((sign) => sign.key).join('')
const marked = (signs: Sign[]) => signs.find((sign) => sign.mark !== null)?.mark ?? null

export class Scanner {
  /** Signs without a pause between them, whose owner is not known yet. */
  private burst: Sign[] = []
  /** Signs before those, none of them farther than `TORN_MS` from the next. */
  private past: Sign[] = []
  private last = -Infinity
  /** What was typed up to here is gone. */
  private cleared = -Infinity
  private ended = -Infinity
  /** The burst before is a scan without an end: the next Enter may be its end. */
  private open = false
  /** After a muddle digits count for nothing until the hand has paused. */
  private deaf = false
  private marks = 0

  constructor(
    readonly gap = GAP_MS,
    private readonly known: Known = {},
  ) {}

  /** One key and its moment by the clock of the keyboard; gives what is certain by now. */
  hear(key: string, at: number): Heard[] {
    if (SILENT.includes(key)) return []
    if (at < this.last - this.gap) return [...this.setBack(), ...this.hear(key, at)]
    const before = this.last
    this.last = Math.max(at, before)
    if (INPUT_METHOD.includes(key)) return [{ kind: 'input_method' }]
    const close = at - before <= this.patience()
    if (ENDS.includes(key)) return this.end(key, at, before, close)
    if (key.length !== 1) return this.named(key, at)
    // No code begins with one of these: a person's wish need not wait. A legacy text may begin with + or /.
    if (!close && !this.burst.length && '-*'.includes(key)) return [this.give(key)]
    const heard = close ? [] : this.flush()
    if (close && !this.burst.length) this.resume(at)
    // A scan without an end may still go on.
    if (at - before > (this.open ? TORN_MS : SETTLE_MS)) this.deaf = this.open = false
    this.burst.push({ key, at, mark: null })
    return heard
  }

  /** Nothing more came: what was held is a person's, or a scan without an end. */
  flush(): Heard[] {
    const burst = this.burst
    if (!burst.length) return []
    this.burst = []
    return this.isHand(burst) ? this.hand(burst) : [this.torn(burst)]
  }

  /** How long the next sign may take. */
  patience(): number {
    return this.burst.length >= SCAN_SIGNS_MIN ? Math.max(HICCUP_MS, this.gap) : this.gap
  }

  /** Whether signs are held whose owner is not known yet. */
  holding(): boolean {
    return this.burst.length > 0
  }

  /** What is held and may be a hand's: to be shown, never to be counted. */
  held(): string {
    if (this.deaf || !this.isHand(this.burst)) return ''
    return textOf(this.burst.filter((sign) => sign.mark === null))
  }

  /** The clock went back: nothing can be said of how far what comes is from what was. */
  private setBack(): Heard[] {
    const heard = this.flush()
    this.past = []
    this.last = this.ended = this.cleared = -Infinity
    return heard
  }

  /** A sign so soon after the last one belongs to the same burst, although that was taken for ended. */
  private resume(at: number) {
    let from = this.past.length
    while (from > 0 && at - this.past[from - 1]!.at <= this.gap) at = this.past[(from -= 1)]!.at
    this.burst = this.past.splice(from)
    if (this.burst.length) this.open = false
  }

  private end(key: string, at: number, before: number, close: boolean): Heard[] {
    if (!this.burst.length && at - this.ended <= END_MS) return []
    if (close && !this.burst.length) this.resume(at)
    if (close && this.burst.length) {
      const burst = this.burst
      this.burst = []
      return this.ends(burst, key, at)
    }
    const heard = this.flush()
    if (this.open && at - before <= TORN_MS) {
      // The end of a scan that was torn off. Nobody has confirmed anything.
      this.open = false
      const whole = this.whole([], at)
      return whole ? [...heard, whole] : heard
    }
    if (key !== 'Enter') return heard
    return [...heard, this.give(key)]
  }

  /** A burst with its Enter: a scan, or nothing. It never confirms. */
  private ends(burst: Sign[], key: string, at: number): Heard[] {
    if (this.known.hand?.(textOf(burst), true)) return [...this.hand(burst), this.give(key)]
    const whole = this.whole(burst, at)
    if (whole) return [whole]
    if (burst.length < SCAN_SIGNS_MIN || this.open || this.isDoubtful(burst) || marked(burst) !== null) {
      const torn = this.torn(burst)
      this.open = false
      return [torn]
    }
    // Some code that nobody here knows. If a hand typed into it, it goes on typing now.
    this.deaf = true
    return [this.scan(textOf(burst), null, at)]
  }

  /** A scan that is whole by itself, or with the pieces before it. */
  private whole(burst: Sign[], at: number): Heard | null {
    this.keep(burst)
    const signs = this.past
    const text = textOf(signs)
    const alone = signs.length - burst.length
    const fits = [
      (from: number, part: string) => this.known.dish?.(part) && (from === alone || part.length >= JOINED_MIN),
      // A barcode's check digit fits one piece in ten by chance: it does not take digits away from a hand.
      (from: number, part: string) => isWhole(part) || (from === alone && isGoods(part)),
    ]
    for (const fit of fits) {
      for (let from = alone; from >= 0; from -= 1) {
        const part = text.slice(from)
        if (part.length <= 2 || !fit(from, part)) continue
        this.deaf = this.open = false
        return this.scan(part, marked(signs.slice(from)), at)
      }
    }
    this.past = signs.slice(0, alone)
    return null
  }

  private scan(text: string, back: number | null, at: number): Heard {
    this.past = []
    this.ended = at
    return { kind: 'scan', text, back }
  }

  private isHand(signs: Sign[]): boolean {
    const text = textOf(signs)
    if (signs.length < 2 || this.known.hand?.(text, false)) return true
    // A key for two zeros presses them at once.
    const slow = (sign: Sign, n: number) =>
      !n || sign.at - signs[n - 1]!.at >= HAND_MS || (sign.key === '0' && signs[n - 1]!.key === '0')
    return signs.length < SCAN_SIGNS_MIN && AMOUNT.test(text) && signs.every(slow)
  }

  private hand(burst: Sign[]): Heard[] {
    const fresh = burst.filter((sign) => sign.mark === null)
    this.keep(burst)
    // Without the digit that was not counted, those before it are not what the hand meant.
    if (this.deaf) return fresh.length ? [{ kind: 'torn', back: null, clear: true }] : []
    return fresh.map((sign) => {
      const given = this.give(sign.key)
      sign.mark = given.mark
      return given
    })
  }

  private torn(burst: Sign[]): Heard {
    const back = marked(burst)
    const clear = this.isDoubtful(burst)
    this.keep(burst.map((sign) => ({ ...sign, mark: null })))
    if (clear) this.cleared = this.last
    this.open = this.deaf = true
    return { kind: 'torn', back, clear }
  }

  /** A hand typed shortly before: some of its digits may be in the burst, or some of a scan's among its digits. */
  private isDoubtful(burst: Sign[]): boolean {
    const from = Math.max(burst[0]!.at - TORN_MS, this.cleared)
    return this.past.some((sign) => sign.at >= from && sign.mark !== null && AMOUNT.test(sign.key))
  }

  private named(key: string, at: number): Heard[] {
    const heard = this.flush()
    this.open = false
    if (AFRESH.includes(key)) this.deaf = false
    if (key === 'Escape' || key === 'Delete') this.cleared = at
    return [...heard, this.give(key)]
  }

  private give(key: string): Heard & { kind: 'key' } {
    return { kind: 'key', key, mark: (this.marks += 1) }
  }

  private keep(signs: Sign[]) {
    const all = [...this.past, ...signs].slice(-SIGNS_MAX)
    let from = all.length
    for (let next = this.last; from > 0 && next - all[from - 1]!.at <= TORN_MS;) next = all[(from -= 1)]!.at
    this.past = all.slice(from)
  }
}
