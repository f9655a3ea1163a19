// What was typed as a rule, judged before the server judges it; the server's own judgement counts.
import { fenOf } from '@/shared/money'
import { fenIn, typed } from '../pay/amount'
import type { AutoTopup } from '../wire'

export const FIELDS = ['floor', 'target', 'month_cap'] as const
export type Field = (typeof FIELDS)[number]
export type Form = Record<Field, string>

/** What most families take; shown as buttons, in fen. */
export const USUAL: Record<Field, number[]> = {
  floor: [2_000, 3_000, 5_000],
  target: [10_000, 20_000, 30_000],
  month_cap: [50_000, 80_000, 120_000],
}

export function formOf(of: AutoTopup): Form {
  const { rule } = of
  if (!rule) return { floor: '30', target: '200', month_cap: '800' }
  return { floor: typed(rule.floor), target: typed(rule.target), month_cap: typed(rule.month_cap) }
}

/** Whole fen, or `null` for what is no amount. */
export const amountIn = (text: string) => {
  const fen = fenOf(text)
  return fen === null || fen === 0 ? null : fen
}

export interface Bound {
  min: number
  max: number
}

/** Between which amounts a field may be, as far as the others are known. */
export function boundsOf(form: Form, of: AutoTopup): Record<Field, Bound> {
  const [min, balance] = [fenIn(of.caps.min), fenIn(of.caps.balance)]
  const floor = amountIn(form.floor) ?? 1
  const target = amountIn(form.target) ?? balance
  return {
    floor: { min: 1, max: balance - min },
    target: { min: floor + Math.max(min, 1), max: balance },
    month_cap: { min: Math.max(target - floor, 1), max: fenIn(of.caps.month) },
  }
}

export type Answer = Record<Field, { fen: number }>

/** `null` while something has to be corrected. */
export function answerOf(form: Form, of: AutoTopup): Answer | null {
  const bounds = boundsOf(form, of)
  const found = FIELDS.map((field) => {
    const fen = amountIn(form[field])
    const { min, max } = bounds[field]
    return fen !== null && fen >= min && fen <= max ? fen : null
  })
  const [floor, target, month_cap] = found
  if (floor == null || target == null || month_cap == null) return null
  return { floor: { fen: floor }, target: { fen: target }, month_cap: { fen: month_cap } }
}
