// The limits form: what is typed, as the server wants it.
import { fenOf, yuan } from '@/shared/money'
import type { Limits, Money } from '../wire'

export const AMOUNTS = ['purchase', 'meal', 'day', 'low_balance'] as const
export type AmountName = (typeof AMOUNTS)[number]

export interface LimitsForm {
  amounts: Record<AmountName, string>
  no_buy: string[]
  /** Words that dishes are marked with. */
  allergens: string[]
  /** Words that no dish is marked with. */
  others: string
}

const typed = (money: Money | null) => (money ? yuan(money).replace(/,/g, '') : '')

export function formOf(of: Limits): LimitsForm {
  const amounts = Object.fromEntries(AMOUNTS.map((name) => [name, typed(of[name])])) as Record<AmountName, string>
  const marked = of.allergens.filter((word) => of.known_allergens.includes(word))
  const others = of.allergens.filter((word) => !of.known_allergens.includes(word)).join(' ')
  return { amounts, no_buy: [...of.no_buy], allergens: marked, others }
}

/** Empty is no limit. `undefined`: this is no amount. */
export function amountOf(text: string): Money | null | undefined {
  if (!text.trim()) return null
  const fen = fenOf(text)
  return fen === null ? undefined : { fen }
}

/** Words between spaces, commas or ideographic commas, each once. */
export function wordsIn(text: string): string[] {
  return [...new Set(text.split(/[\s,，、;；]+/).filter(Boolean))]
}

/** `null` while an amount can't be read. */
export function answerOf(
  form: LimitsForm,
  version: number,
): Omit<Limits, 'school' | 'categories' | 'known_allergens'> | null {
  const { purchase, meal, day, low_balance } = form.amounts
  const all = [purchase, meal, day, low_balance].map(amountOf)
  if (all.some((of) => of === undefined)) return null
  const [p, m, d, l] = all as (Money | null)[]
  return {
    purchase: p ?? null,
    meal: m ?? null,
    day: d ?? null,
    low_balance: l ?? null,
    no_buy: form.no_buy,
    allergens: [...new Set([...form.allergens, ...wordsIn(form.others)])],
    version,
  }
}
