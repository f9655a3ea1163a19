// A cashier types amounts while a scanner types codes and the page stands still now and then. Whatever the timing: what
// is charged is what the hand typed, or nothing. A failing seed is printed and plays again.
import { describe, expect, it } from 'vitest'
import { GAP_MS, Scanner } from '@/shared/scanner'

const RUNS = Number(process.env.YITONG_RUNS ?? 500)
/** The hand has digits of its own, so that a scanner's can be told in an amount. */
const HAND = '1234'
const CODE = '567890'
const FLUSH_AFTER_MS = 25

/** xorshift32: the same numbers on every machine. */
function chance(seed: number) {
  let state = seed * 2654435761 + 1
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  const int = (from: number, to: number) => from + Math.floor(next() * (to - from + 1))
  const pick = (from: string, many: number) =>
    Array.from({ length: many }, () => from[int(0, from.length - 1)]!).join('')
  return { int, pick, one: (of: number) => next() < of }
}
type Chance = ReturnType<typeof chance>

interface Press {
  key: string
  at: number
}
const amountOf = (of: Chance) =>
  `${of.pick(HAND, of.int(1, 3))}${of.one(0.6) ? `.${of.pick(HAND, of.int(1, 2))}` : ''}`
const codeOf = (of: Chance) => (of.one(0.5) ? `97${of.pick(CODE, 198)}` : `97${of.pick(CODE, 468)}`)

/** Adds keys with so many milliseconds between two; gives when the last one was. */
function typed(into: Press[], text: string, from: number, gap: () => number): number {
  let at = from
  for (const key of text) into.push({ key: key === '\n' ? 'Enter' : key, at: (at += gap()) })
  return at
}

/** The page: stands still in some stretches, in which keys and timers wait; keys that wait go first. */
function play(presses: Press[], stalls: [number, number][], dropsTimers = false) {
  const scanner = new Scanner(GAP_MS)
  const keys: { key: string; mark: number }[] = []
  const sold: { text: string; amount: string; at: number }[] = []
  const torn: { at: number; clear: boolean }[] = []
  let confirmed = 0
  const amount = () => keys.map((of) => of.key).join('')
  const back = (mark: number | null) => mark !== null && keys.splice(keys.findIndex((of) => of.mark >= mark) >>> 0)
  const say = (heard: ReturnType<Scanner['hear']>, at: number) => {
    for (const of of heard) {
      if (of.kind === 'key' && of.key === 'Enter') confirmed += 1
      else if (of.kind === 'key' && of.key === 'Delete') keys.length = 0
      else if (of.kind === 'key') keys.push(of)
      else if (of.kind === 'torn') {
        back(of.back)
        if (of.clear) keys.length = 0
        torn.push({ at, clear: of.clear })
      } else if (of.kind === 'scan') {
        back(of.back)
        sold.push({ text: of.text, amount: amount(), at })
        // A code that is not whole is refused: the amount stays.
        if (/^97(.{198}|.{468})$/.test(of.text)) keys.length = 0
      }
    }
  }
  /** When the page does what should happen at this moment. */
  const heardAt = (at: number) => stalls.reduce((when, [from, to]) => (when >= from && when < to ? to : when), at)
  let due = Infinity
  for (const { key, at } of presses) {
    const now = heardAt(at)
    // After a stall the timer is late, waits once more, and by then the keys that waited were heard.
    if (!dropsTimers && heardAt(due) === due && due < now) say(scanner.flush(), due)
    say(scanner.hear(key, at), at)
    due = scanner.holding() ? now + scanner.patience() + FLUSH_AFTER_MS : Infinity
  }
  say(scanner.flush(), Infinity)
  return { sold, torn, rest: amount(), confirmed }
}

describe('whatever the timing', () => {
  it('what the hand typed between two scans is charged, and no digit of a code', () => {
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const of = chance(seed)
      const presses: Press[] = []
      const stalls: [number, number][] = []
      const expected: { text: string; amount: string }[] = []
      let at = 0
      for (let sale = of.int(1, 4); sale > 0; sale -= 1) {
        const [amount, text] = [amountOf(of), codeOf(of)]
        at = typed(presses, amount, at + of.int(500, 2_000), () => of.int(70, 350))
        at += of.int(70, 1_500)
        if (of.one(0.6)) stalls.push([at - of.int(0, 800), at + of.int(0, 2_000)])
        const gap = of.int(1, 50)
        at = typed(presses, `${text}\n`, at, () => of.int(Math.max(1, gap - 10), gap))
        expected.push({ text, amount })
      }
      const rest = amountOf(of)
      typed(presses, rest, at + of.int(70, 1_500), () => of.int(70, 350))
      const played = play(presses, stalls)
      const sold = played.sold.map(({ text, amount }) => ({ text, amount }))
      expect({ ...played, sold }, `seed ${seed}`).toEqual({ sold: expected, torn: [], rest, confirmed: 0 })
    }
  }, 600_000)

  it('with hands among the signs, torn and cut scans: what the hand typed as a whole, or nothing', () => {
    let [charged, cleared, whole] = [0, 0, 0]
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const of = chance(seed)
      const presses: Press[] = []
      const starts: number[] = []
      const typing: Press[] = []
      const texts = new Set<string>()
      let [at, confirms] = [0, 0]
      for (let sale = of.int(1, 4); sale > 0; sale -= 1) {
        const [amount, text] = [amountOf(of), codeOf(of)]
        const from = at + of.int(1_500, 3_000)
        // What is left of a sale that did not come about is cleared by whoever types the next one.
        presses.push({ key: 'Delete', at: from - of.int(0, 300) })
        const hand: Press[] = []
        at = typed(hand, amount, from, () => of.int(70, 350))
        starts.push(typing.length)
        typing.push(...hand)
        if (of.one(0.2)) {
          at = typed(hand, '\n', at, () => of.int(150, 500))
          confirms += 1
        }
        // The customer is early, late, or in the middle of it.
        const gap = of.int(1, 50)
        const code: Press[] = []
        const [ends, stops] = [of.one(0.8), of.one(0.4)]
        // One sign by itself is a hand's for anybody, and so is one Enter.
        const cut = of.one(0.3) ? text.slice(0, of.int(ends && !stops ? 1 : 6, text.length - 1)) : text
        const begin = of.one(0.5) ? of.int(from, at) : at + of.int(0, 1_500)
        const end = typed(code, `${cut}${ends ? '\n' : ''}`, begin, () => of.int(1, gap))
        // The clock of the keyboard stood still, too: what came later is stamped later.
        if (stops) {
          const [n, late] = [of.int(0, code.length - 1), of.int(100, 2_000)]
          code.slice(n).forEach((press) => (press.at += late))
        }
        texts.add(text)
        presses.push(...hand, ...code)
        at = Math.max(at, end, code.at(-1)?.at ?? 0)
      }
      presses.sort((a, b) => a.at - b.at)
      for (const dropsTimers of [false, true]) {
        const { sold, torn, rest, confirmed } = play(presses, [], dropsTimers)
        const must = (right: boolean, what: string) => {
          if (!right) throw new Error(`seed ${seed}: ${what}`)
        }
        // As the hand typed it without a gap, from where it began or from where a customer was done.
        const digits = typing.map((press) => press.key).join('')
        const begins = [...starts, ...sold.map((one) => typing.findIndex((press) => press.at > one.at))]
        for (const { text, amount } of sold) {
          must(!/[05-9]/.test(amount), `digits of a code in ${amount}`)
          if (!texts.has(text)) continue
          const isOne = begins.some((from) => digits.startsWith(amount, from))
          must(isOne, `${amount} was charged, ${digits} was typed`)
          whole += 1
          charged += amount ? 1 : 0
        }
        cleared += torn.filter((of) => of.clear).length
        must(!/[05-9]/.test(rest), `digits of a code in ${rest}`)
        must(confirmed <= confirms, 'a scan has confirmed')
      }
    }
    // Both happen often, so the rules above were put to the test.
    for (const many of [charged, cleared, whole]) expect(many).toBeGreaterThan(RUNS / 4)
  }, 600_000)
})
