import { describe, expect, it } from 'vitest'
import {
  type Dish,
  type Event,
  type Outcome,
  type Pending,
  type State,
  bodyOf,
  emptyTray,
  step,
  total,
} from '@/counter/checkout'
import { shownOf } from '@/counter/customer'
import { fits, initials } from '@/shared/initials'
import { ORPHAN_MS, forget, keep, unanswered } from '@/counter/pending'
import { keyOf } from '@/shared/keyboard'
import { codeOf } from '@/shared/codes'

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
const asks = (code: string) => ({ ...outcome('ask'), ask: { code, seconds_ago: 20 } }) as Outcome
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
    const asked = run({ kind: 'add', dish: dish('a', 850) }, pay, { kind: 'answered', outcome: asks('duplicate') })
    expect(step(asked, { kind: 'confirm', yes: true })).toMatchObject({
      kind: 'sending',
      pending: { id: 'one', confirmDuplicate: true, confirmPhoto: false },
    })
  })
  it('goes on after the photo was compared, under the same name, and keeps what was confirmed before', () => {
    const state = run(
      { kind: 'add', dish: dish('a', 850) },
      pay,
      { kind: 'answered', outcome: asks('duplicate') },
      { kind: 'confirm', yes: true },
      { kind: 'answered', outcome: asks('photo_check') },
      { kind: 'confirm', yes: true },
    )
    expect(state).toMatchObject({ kind: 'sending', pending: { id: 'one' } })
    expect(state.kind === 'sending' && bodyOf(state.pending)).toMatchObject({
      confirm_duplicate: true,
      confirm_photo: true,
    })
  })
  it('sells nothing to somebody else than in the photo, and says what to do', () => {
    const asked = run({ kind: 'add', dish: dish('a', 850) }, pay, {
      kind: 'answered',
      outcome: asks('photo_check'),
    })
    expect(step(asked, { ...pay, payer: { code: '97' } })).toBe(asked)
    for (const no of [{ kind: 'confirm', yes: false }, { kind: 'done' }] as Event[]) {
      expect(step(asked, no)).toMatchObject({ kind: 'pricing', notice: 'stopped_photo', tray: { lines: [] } })
    }
  })
  it('never agrees to a question that it does not know', () => {
    const asked = run({ kind: 'add', dish: dish('a', 850) }, pay, { kind: 'answered', outcome: asks('new_one') })
    expect(step(asked, { kind: 'confirm', yes: true })).toMatchObject({ kind: 'pricing', tray: { lines: [] } })
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
  it.each([
    ['8', 800],
    ['12.5', 1250],
    ['0.05', 5],
    ['.5', 50],
    ['007', 700],
    ['12.345', 1234],
    ['99999', 999900],
    ['1..2', 120],
  ])('keys %s', (keys, fen) => {
    const events = [...keys].map((key): Event =>
      key === '.' ? { kind: 'point' } : { kind: 'digit', digit: Number(key) },
    )
    const state = run({ kind: 'mode', mode: 'amount' }, ...events)
    expect(state.kind === 'pricing' && total(state.tray)).toBe(fen)
  })
  it('follows a price that changed, and says so', () => {
    const state = run(
      { kind: 'add', dish: dish('a', 850) },
      { kind: 'add', dish: dish('b', 100) },
      { kind: 'menu', dishes: [{ ...dish('a', 900), revision: 'new' }], fixed: null },
    )
    expect(state).toMatchObject({
      kind: 'pricing',
      notice: 'prices_changed',
      tray: { lines: [{ dish: { revision: 'new' } }] },
    })
    expect(state.kind === 'pricing' && total(state.tray)).toBe(900)
  })
  it('keeps its prices while it is on its way', () => {
    const sent = run({ kind: 'add', dish: dish('a', 850) }, pay)
    expect(step(sent, { kind: 'menu', dishes: [dish('a', 900)], fixed: null })).toBe(sent)
  })
  it('sells to the next code at once where the price is fixed', () => {
    const paid = run({ kind: 'mode', mode: 'fixed' }, pay, { kind: 'answered', outcome: outcome('paid') })
    expect(step(paid, { ...pay, id: 'two' })).toMatchObject({ kind: 'sending', pending: { id: 'two' } })
  })
  it('ignores a code that was read twice when there is nothing to pay', () => {
    const paid = run({ kind: 'add', dish: dish('a', 850) }, pay, { kind: 'answered', outcome: outcome('paid') })
    expect(step(paid, { ...pay, id: 'two' })).toBe(paid)
  })
  it('can be set aside while nothing is known, and the next one begins', () => {
    const state = run({ kind: 'add', dish: dish('a', 850) }, pay, { kind: 'silence' }, { kind: 'set_aside' })
    expect(state).toMatchObject({ kind: 'pricing', notice: 'set_aside', tray: { lines: [] } })
  })
})

describe('a keypad', () => {
  it.each([
    ['7', 'Numpad7', '7'],
    ['Home', 'Numpad7', '7'],
    ['Delete', 'NumpadDecimal', '.'],
    ['Enter', 'NumpadEnter', 'Enter'],
    ['Delete', 'Delete', 'Delete'],
    ['+', 'NumpadAdd', '+'],
  ])('%s of %s is %s, whatever NumLock says', (key, code, means) => expect(keyOf({ key, code })).toBe(means))
})

describe('a code', () => {
  it.each([
    ['a printed code', `97${'0'.repeat(198)}`],
    ['a code on a phone', `97${'0'.repeat(468)}`],
    ['a code with an end of line', `97${'0'.repeat(198)}\r\n`],
    ['a wrapped legacy code', `${'aB3/+'.repeat(44)}AA==`],
    ['an open legacy code', '#S0000120260101017A3F0#20270831#'],
  ])('takes %s for a person', (_, text) => expect(codeOf(text)).toEqual({ kind: 'person', code: text.trim() }))
  it.each(['2000000000015', '6901234567892', 'RICE-01', `97${'0'.repeat(87)}`, '#S', 'https://school.example/a'])(
    'takes %s for a dish',
    (text) => expect(codeOf(text).kind).toBe('dish'),
  )
})

describe('a dish', () => {
  const named = { ...dish('6901234567892', 850), name: '红烧肉', name_en: 'Braised pork belly' }
  it.each(['红烧', 'hsr', 'HS', 'pork', '6901234567892', ' '])('is found by %j', (q) =>
    expect(fits(named, q)).toBe(true),
  )
  it.each(['sr', '青椒', '690'])('is not found by %j', (q) => expect(fits(named, q)).toBe(false))
  it.each([
    ['糖醋排骨', 'tcpg'],
    ['麻婆豆腐', 'mpdf'],
    ['西红柿炒鸡蛋', 'xhscjd'],
    ['AD钙奶', 'adgn'],
  ])('%s begins with %s', (name, letters) => expect(initials(name)).toBe(letters))
})

describe('the customer', () => {
  const sold = run({ kind: 'add', dish: dish('a', 850) }, pay)
  const person = {
    id: 'p',
    name: '郑天佑',
    number: '20260001',
    class: '七年级1班',
    has_photo: false,
    allergens: [],
  }
  const refused = step(sold, {
    kind: 'answered',
    outcome: { ...outcome('refused'), person, balance_after: { fen: 123 } },
  })
  it('sees the tray and the total', () =>
    expect(shownOf(run({ kind: 'add', dish: dish('a', 850) }))).toEqual({
      phase: 'tray',
      lines: [{ name: 'a', name_en: 'a', count: 1, fen: 850 }],
      total: 850,
      free: false,
    }))
  it('is asked to the cashier whatever the reason', () => expect(shownOf(refused).phase).toBe('see_cashier'))
  it('never sees who somebody is, or what is left', () => {
    const paid = step(sold, {
      kind: 'answered',
      outcome: { ...outcome('paid'), person, balance_after: { fen: 123 } },
    })
    for (const state of [refused, paid]) {
      const text = JSON.stringify(shownOf(state))
      for (const secret of ['郑天佑', '20260001', '七年级', '123']) expect(text).not.toContain(secret)
    }
  })
})

describe('sales on their way', () => {
  const store = () => {
    const map = new Map<string, string>()
    return {
      getItem: (key: string) => map.get(key) ?? null,
      setItem: (key: string, text: string) => void map.set(key, text),
      removeItem: (key: string) => void map.delete(key),
    }
  }
  const pending = (id: string, stall = 's'): Pending => ({
    id,
    at: 'now',
    stall,
    payer: { code: '97' },
    tray: emptyTray('dish', null),
    collectLater: false,
    confirmDuplicate: false,
    confirmPhoto: false,
  })
  it('stay beside those of another window', () => {
    const kept = store()
    keep(kept, 'a', pending('1'), 0)
    keep(kept, 'b', pending('2'), 0)
    forget(kept, '1')
    expect(unanswered(kept, 'b', 's', 1).map((of) => of.id)).toEqual(['2'])
  })
  it('are left to the window that asks, until it is gone', () => {
    const kept = store()
    keep(kept, 'a', pending('1'), 0)
    expect(unanswered(kept, 'b', 's', ORPHAN_MS)).toEqual([])
    expect(unanswered(kept, 'b', 's', ORPHAN_MS + 1)).toHaveLength(1)
  })
  it('wait for their stall', () => {
    const kept = store()
    keep(kept, 'a', pending('1', 'other'), 0)
    expect(unanswered(kept, 'a', 's', 0)).toEqual([])
  })
  it('are none when the browser kept nonsense', () => {
    const kept = store()
    kept.setItem('yitong.pending', '{"id":')
    expect(unanswered(kept, 'a', 's', 0)).toEqual([])
  })
})
