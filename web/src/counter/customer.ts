// What the customer's screen shows, and the channel that brings it there. Nothing about a person crosses it: no name,
// no balance, no reason why somebody was refused. The cashier's window owns the state; the other one only draws.
import type { Dish, State, Tray } from './checkout'
import { total } from './checkout'

export interface CustomerLine {
  name: string
  name_en: string
  count: number
  fen: number
}

export type Phase = 'idle' | 'tray' | 'sending' | 'paid' | 'see_cashier'

export interface Shown {
  kind: 'shown'
  till: string
  locale: 'zh' | 'en'
  school: string
  stall: string
  period: { name_zh: string; name_en: string; ends: string } | null
  phase: Phase
  lines: CustomerLine[]
  total: number
  /** Nothing is charged: only who eats is looked at. */
  free: boolean
}

export type Said = Shown | { kind: 'hello' } | { kind: 'bye'; till: string }

export const CHANNEL = 'yitong.customer'
export const HEARTBEAT_MS = 2000
/** Without a word for as long, the cashier's window is gone. */
export const SILENCE_MS = 7000

const nameEn = (dish: Dish) => dish.name_en || dish.name

function linesOf(tray: Tray): CustomerLine[] {
  if (tray.mode !== 'dish') return []
  return tray.lines.map(({ dish, count }) => {
    return { name: dish.name, name_en: nameEn(dish), count, fen: dish.price.fen * count }
  })
}

/** The part of the sale that the customer may see. */
export function shownOf(state: State): Pick<Shown, 'phase' | 'lines' | 'total' | 'free'> {
  const of = (tray: Tray, phase: Phase) => ({
    phase,
    lines: linesOf(tray),
    total: total(tray),
    free: tray.mode === 'count',
  })
  switch (state.kind) {
    case 'pricing': {
      // A price that is fixed, or none at all, is what the next one in the queue wants to know.
      const open = state.tray.mode === 'fixed' || state.tray.mode === 'count' || total(state.tray) > 0
      return of(state.tray, open || linesOf(state.tray).length ? 'tray' : 'idle')
    }
    case 'sending':
      return of(state.pending.tray, 'sending')
    case 'paid':
      return { ...of(state.sold, 'paid'), total: state.total }
    case 'refused':
    case 'asking':
      return of(state.pending.tray, 'see_cashier')
    case 'failed':
      return of(state.tray, 'see_cashier')
  }
}
