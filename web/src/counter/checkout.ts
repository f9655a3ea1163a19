// The sale as a state machine: no network, no clock, no screen. Screens draw its state; effects are done by the page.
import type { Schemas } from '@/shared/api/client'
import { fenOf } from '@/shared/money'

export type Dish = Schemas['CounterDish']
export type Outcome = Schemas['SellOutcome']
export type Mode = 'dish' | 'amount' | 'fixed' | 'count'

export interface Line {
  dish: Dish
  count: number
}

export interface Tray {
  mode: Mode
  lines: Line[]
  /** What was keyed, in yuan as a person says it: 8, 12.5 */
  keyed: string
  /** The price of the fixed mode. */
  fixed: number | null
}

/** Who pays: a scanned code, or somebody picked from the list. */
export type Payer = { code: string } | { person: string }

/** A sale on its way: its name was made before anything else, and it is kept until it is answered. */
export interface Pending {
  id: string
  at: string
  stall: string
  payer: Payer
  tray: Tray
  collectLater: boolean
  confirmDuplicate: boolean
  confirmPhoto: boolean
}

export type State =
  | { kind: 'pricing'; tray: Tray; notice: Notice | null }
  | { kind: 'sending'; pending: Pending; tries: number; silent: boolean }
  | { kind: 'paid'; outcome: Outcome; total: number; sold: Tray; next: Tray }
  | { kind: 'refused'; outcome: Outcome; pending: Pending }
  | { kind: 'asking'; outcome: Outcome; pending: Pending }
  | { kind: 'failed'; words: string; tray: Tray }

export type Notice =
  | 'unknown_code'
  | 'empty_tray'
  | 'not_sold_now'
  | 'no_dishes_here'
  | 'scan_broken'
  | 'scan_mixed'
  | 'prices_changed'
  | 'set_aside'
  | 'stopped_photo'

export type Event =
  | { kind: 'add'; dish: Dish }
  | { kind: 'less'; dish: string }
  | { kind: 'digit'; digit: number }
  | { kind: 'point' }
  | { kind: 'back' }
  | { kind: 'clear' }
  /** What was keyed, without digits that were no hand's. */
  | { kind: 'keyed'; keyed: string }
  | { kind: 'mode'; mode: Mode }
  | { kind: 'pay'; payer: Payer; id: string; at: string; stall: string }
  | { kind: 'notice'; notice: Notice }
  | { kind: 'answered'; outcome: Outcome }
  | { kind: 'silence' }
  | { kind: 'rejected'; words: string }
  | { kind: 'confirm'; yes: boolean }
  | { kind: 'collect_later'; id: string; at: string }
  | { kind: 'done' }
  /** The menu or the price of a meal changed on the server. */
  | { kind: 'menu'; dishes: Dish[]; fixed: number | null }
  /** The cashier goes on; the sale is asked about in the background. */
  | { kind: 'set_aside' }
  | { kind: 'resume'; pending: Pending }

export const LINES_MAX = 60
export const COUNT_MAX = 99
/** Up to 9999.99: a meal that costs more was keyed wrongly. */
const KEYED = /^(0|[1-9]\d{0,3})(\.\d{0,2})?$/

/** What the server wants to know before it sells. One that is newer than this page can only be declined. */
export type Question = 'duplicate' | 'photo_check' | 'unknown'

export function questionOf(outcome: Outcome): Question {
  const code = outcome.ask?.code
  return code === 'duplicate' || code === 'photo_check' ? code : 'unknown'
}

export function emptyTray(mode: Mode, fixed: number | null): Tray {
  return { mode, lines: [], keyed: '', fixed }
}

export function total(tray: Tray): number {
  switch (tray.mode) {
    case 'dish':
      return tray.lines.reduce((sum, line) => sum + line.dish.price.fen * line.count, 0)
    case 'amount':
      return fenOf(tray.keyed.replace(/\.$/, '')) ?? 0
    case 'fixed':
      return tray.fixed ?? 0
    case 'count':
      return 0
  }
}

export function payable(tray: Tray): boolean {
  if (tray.mode === 'count') return true
  return tray.mode === 'dish' ? tray.lines.length > 0 : total(tray) > 0
}

function pricing(tray: Tray, notice: Notice | null = null): State {
  return { kind: 'pricing', tray, notice }
}

function fresh(tray: Tray): State {
  return pricing(emptyTray(tray.mode, tray.fixed))
}

/** The tray at the prices of now; what is not sold any more falls out. */
function repriced(tray: Tray, dishes: Dish[], fixed: number | null): Tray {
  const lines = tray.lines.flatMap((line) => {
    const dish = dishes.find((of) => of.id === line.dish.id)
    return dish?.available ? [{ ...line, dish }] : []
  })
  return { ...tray, lines, fixed }
}

/** What follows. An event that has no meaning in a state changes nothing. */
export function step(state: State, event: Event): State {
  if (event.kind === 'menu') return withMenu(state, event.dishes, event.fixed)
  switch (state.kind) {
    case 'pricing':
      return price(state.tray, event) ?? state
    case 'sending':
      return sending(state, event)
    case 'paid':
      // The next customer's dish begins the next sale; nobody has to press a key between two.
      if (['done', 'add', 'digit', 'mode', 'notice'].includes(event.kind)) return step(pricing(state.next), event)
      // Where every meal costs the same, the next code is the next sale; elsewhere the scanner only read twice.
      if (event.kind === 'pay' && payable(state.next)) return step(pricing(state.next), event)
      return state
    case 'refused':
      if (event.kind === 'collect_later') {
        // Other content, so another name: the refusal stays what it was.
        const pending = { ...state.pending, id: event.id, at: event.at, collectLater: true }
        return { kind: 'sending', pending, tries: 0, silent: false }
      }
      if (event.kind === 'done') return pricing(state.pending.tray)
      if (event.kind === 'clear') return fresh(state.pending.tray)
      if (event.kind === 'pay') return price(state.pending.tray, event) ?? state
      return state
    case 'asking':
      if (event.kind === 'confirm') return answer(state, event.yes)
      return event.kind === 'done' ? answer(state, false) : state
    case 'failed':
      return event.kind === 'done' ? pricing(state.tray) : event.kind === 'clear' ? fresh(state.tray) : state
  }
}

/** The same sale under the same name, with what was confirmed; what was confirmed before stays so. */
function answer({ pending, outcome }: State & { kind: 'asking' }, yes: boolean): State {
  const question = questionOf(outcome)
  if (yes && question !== 'unknown') {
    const confirmed = question === 'photo_check' ? { confirmPhoto: true } : { confirmDuplicate: true }
    return { kind: 'sending', pending: { ...pending, ...confirmed }, tries: 0, silent: false }
  }
  const { mode, fixed } = pending.tray
  return pricing(emptyTray(mode, fixed), question === 'photo_check' ? 'stopped_photo' : null)
}

/** A sale that is on its way keeps its prices: its content must not change under its name. */
function withMenu(state: State, dishes: Dish[], fixed: number | null): State {
  if (state.kind === 'paid') return { ...state, next: repriced(state.next, dishes, fixed) }
  if (state.kind === 'failed') return { ...state, tray: repriced(state.tray, dishes, fixed) }
  if (state.kind !== 'pricing') return state
  const tray = repriced(state.tray, dishes, fixed)
  const changed = total(tray) !== total(state.tray) || tray.lines.length !== state.tray.lines.length
  return pricing(tray, changed ? 'prices_changed' : state.notice)
}

function price(tray: Tray, event: Event): State | null {
  switch (event.kind) {
    case 'add': {
      if (!event.dish.available) return pricing(tray, 'not_sold_now')
      const known = tray.lines.find((line) => line.dish.id === event.dish.id)
      if (!known && tray.lines.length >= LINES_MAX) return null
      const more = (line: Line) => (line === known ? { ...line, count: Math.min(line.count + 1, COUNT_MAX) } : line)
      const lines = known ? tray.lines.map(more) : [...tray.lines, { dish: event.dish, count: 1 }]
      return pricing({ ...tray, mode: 'dish', lines })
    }
    case 'less': {
      const fewer = (line: Line) => (line.dish.id === event.dish ? { ...line, count: line.count - 1 } : line)
      return pricing({ ...tray, lines: tray.lines.map(fewer).filter((line) => line.count > 0) })
    }
    case 'digit':
    case 'point': {
      if (tray.mode !== 'amount') return null
      const begun = event.kind === 'point' ? tray.keyed || '0' : tray.keyed === '0' ? '' : tray.keyed
      const keyed = begun + (event.kind === 'point' ? '.' : String(event.digit))
      return KEYED.test(keyed) ? pricing({ ...tray, keyed }) : null
    }
    case 'back':
      if (tray.mode === 'amount') return pricing({ ...tray, keyed: tray.keyed.slice(0, -1) })
      return pricing({ ...tray, lines: tray.lines.slice(0, -1) })
    case 'clear':
      return fresh(tray)
    case 'keyed':
      return pricing({ ...tray, keyed: event.keyed })
    case 'mode':
      return pricing({ ...tray, mode: event.mode })
    case 'notice':
      return pricing(tray, event.notice)
    case 'pay': {
      if (!payable(tray)) return pricing(tray, 'empty_tray')
      const { payer, id, at, stall } = event
      const confirmed = { confirmDuplicate: false, confirmPhoto: false }
      const pending = { id, at, stall, payer, tray, collectLater: false, ...confirmed }
      return { kind: 'sending', pending, tries: 0, silent: false }
    }
    case 'done':
      return pricing(tray)
    case 'resume':
      return { kind: 'sending', pending: event.pending, tries: 0, silent: true }
    default:
      return null
  }
}

function sending(state: State & { kind: 'sending' }, event: Event): State {
  const { pending } = state
  if (event.kind === 'silence') return { ...state, tries: state.tries + 1, silent: true }
  if (event.kind === 'set_aside') {
    const { tray } = pending
    return pricing(emptyTray(tray.mode, tray.fixed), 'set_aside')
  }
  if (event.kind === 'rejected') return { kind: 'failed', words: event.words, tray: pending.tray }
  if (event.kind !== 'answered') return state
  const { outcome } = event
  if (outcome.outcome === 'paid') {
    // The mode stays from sale to sale.
    const next = emptyTray(pending.tray.mode, pending.tray.fixed)
    const paid = outcome.purchase?.amount.fen ?? total(pending.tray)
    return { kind: 'paid', outcome, total: paid, sold: pending.tray, next }
  }
  return outcome.outcome === 'ask' ? { kind: 'asking', outcome, pending } : { kind: 'refused', outcome, pending }
}

/** The body of the request: the same for every try. */
export function bodyOf(pending: Pending): Schemas['Sell'] {
  const { tray, payer } = pending
  const code = 'code' in payer ? payer.code : null
  const person = 'person' in payer ? payer.person : null
  const dishes = tray.mode === 'dish' ? tray.lines : []
  return {
    stall: pending.stall,
    payer: { code, person },
    mode: tray.mode,
    items: dishes.map((line) => ({ dish: line.dish.id, revision: line.dish.revision, count: line.count })),
    amount: { fen: total(tray) },
    confirm_duplicate: pending.confirmDuplicate,
    confirm_photo: pending.confirmPhoto,
    collect_later: pending.collectLater,
    at: pending.at,
  }
}
