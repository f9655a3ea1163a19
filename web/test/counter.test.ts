import { describe, expect, it } from 'vitest'
import { type Dish, type Event, type Outcome, type State, bodyOf, emptyTray, step, total } from '@/counter/checkout'
import { Scanner, codeOf } from '@/counter/scanner'

const dish = (id: string, fen: number, available = true): Dish => ({
  id,
  revision: `r-${id}`,
  name: id,
  name_en: null,
  category: '荤菜',
  price: { fen },
  barcode: id,
  allergens: [],
  available,
})
const outcome = (kind: string): Outcome => ({ outcome: kind, trace: [] }) as unknown as Outcome
const start: State = { kind: 'pricing', tray: emptyTray('dish', 1200), notice: null }
const run = (...events: Event[]) => events.reduce(step, start)
const pay: Event = { kind: 'pay', payer: { code: '97' }, id: 'one', at: 'now', stall: 's' }

describe('a sale', () => {
  it('sums the tray', () => {
    const state = run(
      { kind: 'add', dish: dish('a', 850) },
      { kind: 'add', dish: dish('b', 100) },
      { kind: 'add', dish: dish('b', 100) },
    )
    expect(state.kind === 'pricing' && total(state.tray)).toBe(1050)
  })
  it('is not sent without anything on the tray', () =>
    expect(run(pay)).toMatchObject({ kind: 'pricing', notice: 'empty_tray' }))
  it('does not take what is not sold now', () =>
    expect(run({ kind: 'add', dish: dish('a', 1, false) })).toMatchObject({ notice: 'not_sold_now' }))
  it('keeps its name while the server is silent', () => {
    const state = run({ kind: 'add', dish: dish('a', 850) }, pay, { kind: 'silence' }, { kind: 'silence' })
    expect(state).toMatchObject({ kind: 'sending', silent: true, tries: 2, pending: { id: 'one' } })
  })
  it('takes no second scan while one is on its way', () => {
    const state = run({ kind: 'add', dish: dish('a', 850) }, pay, { ...pay, id: 'two' })
    expect(state).toMatchObject({ kind: 'sending', pending: { id: 'one' } })
  })
  it('begins anew with the next dish', () => {
    const state = run(
      { kind: 'add', dish: dish('a', 850) },
      pay,
      { kind: 'answered', outcome: outcome('paid') },
      { kind: 'add', dish: dish('b', 100) },
    )
    expect(state).toMatchObject({ kind: 'pricing', tray: { lines: [{ count: 1, dish: { id: 'b' } }] } })
  })
  it('collects later under another name', () => {
    const refused = run({ kind: 'add', dish: dish('a', 850) }, pay, {
      kind: 'answered',
      outcome: outcome('refused'),
    })
    const state = step(refused, { kind: 'collect_later', id: 'two', at: 'later' })
    expect(state.kind === 'sending' && bodyOf(state.pending)).toMatchObject({
      collect_later: true,
      at: 'later',
      amount: { fen: 850 },
    })
  })
  it('confirms a second one under the same name', () => {
    const asked = run({ kind: 'add', dish: dish('a', 850) }, pay, { kind: 'answered', outcome: outcome('ask') })
    expect(step(asked, { kind: 'confirm', yes: true })).toMatchObject({
      kind: 'sending',
      pending: { id: 'one', confirmDuplicate: true },
    })
  })
  it('keeps the tray after an error', () => {
    const state = run(
      { kind: 'add', dish: dish('a', 850) },
      pay,
      { kind: 'rejected', words: 'x' },
      { kind: 'done' },
    )
    expect(state).toMatchObject({ kind: 'pricing', tray: { lines: [{ count: 1 }] } })
  })
  it('keys an amount', () => {
    const digits = [1, 2, 5, 0].map((digit): Event => ({ kind: 'digit', digit }))
    const state = run({ kind: 'mode', mode: 'amount' }, ...digits)
    expect(state.kind === 'pricing' && total(state.tray)).toBe(1250)
  })
})

describe('a scanner', () => {
  const type = (text: string, gap: number) => {
    const scanner = new Scanner()
    return [...text, 'Enter'].map((key, i) => scanner.hear(key, i * gap)).at(-1)
  }
  it('is fast', () => expect(type('2000000000015', 5)).toEqual({ kind: 'scan', text: '2000000000015' }))
  it('is not a person', () => expect(type('2000000000015', 120)).toEqual({ kind: 'key', key: 'Enter' }))
  it('is not a short word', () => expect(type('123', 5)).toEqual({ kind: 'key', key: 'Enter' }))
  it('is blocked by an input method', () =>
    expect(new Scanner().hear('Process', 0)).toEqual({ kind: 'input_method' }))
  it('tells people from dishes', () => {
    expect(codeOf(`97${'0'.repeat(198)}`).kind).toBe('person')
    expect(codeOf('2000000000015').kind).toBe('dish')
  })
})
