// Limits between the form's texts and the API's fen; which of several holds, for the page to explain.
import type { Schemas } from '@/shared/api/client'
import { fenOf, yuan } from '@/shared/money'

export type Limits = Schemas['Limits']
export type Span = 'meal' | 'day' | 'month'
export const SPANS: Span[] = ['meal', 'day', 'month']

export interface LimitText {
  amount: string
  count: string
}
export type LimitTexts = Record<Span, LimitText>

/** Without separators, so that what is shown can be typed over. */
export const moneyText = (fen: number) => yuan(fen).replaceAll(',', '')

export function textsOf(limits: Limits): LimitTexts {
  const text = (of: Limits['meal']) => ({
    amount: of.amount ? moneyText(of.amount.fen) : '',
    count: of.count === null || of.count === undefined ? '' : String(of.count),
  })
  return { meal: text(limits.meal), day: text(limits.day), month: text(limits.month) }
}

/** A whole number as people type it, or null. */
export function wholeOf(text: string): number | null {
  return /^\d{1,9}$/.test(text.trim()) ? Number(text.trim()) : null
}

export interface Wrong {
  field: string
  kind: 'money' | 'number'
}

/** What can be read of the texts, and which can't. Empty is no limit. */
export function limitsOf(texts: LimitTexts): { limits: Limits; wrong: Wrong[] } {
  const wrong: Wrong[] = []
  const one = (span: Span) => {
    const { amount, count } = texts[span]
    const fen = amount.trim() ? fenOf(amount) : null
    const times = count.trim() ? wholeOf(count) : null
    if (amount.trim() && fen === null) wrong.push({ field: `limits.${span}.amount`, kind: 'money' })
    if (count.trim() && times === null) wrong.push({ field: `limits.${span}.count`, kind: 'number' })
    return { amount: fen === null ? null : { fen }, count: times }
  }
  return { limits: { meal: one('meal'), day: one('day'), month: one('month') }, wrong }
}

export type Level = 'school' | 'class' | 'person'

/** Of the levels that set it, the one whose number is the one that holds; the nearest to the person at a tie. */
export function sourceOf(holds: number | null, levels: Partial<Record<Level, number | null>>): Level | null {
  if (holds === null) return null
  const order: Level[] = ['person', 'class', 'school']
  return order.find((level) => levels[level] === holds) ?? null
}

/** How much of a bar is full, in percent. A limit of zero is full at once. */
export function share(spent: number, cap: number | null): number {
  if (cap === null) return 0
  return cap === 0 ? 100 : Math.min(100, Math.round((spent / cap) * 100))
}
