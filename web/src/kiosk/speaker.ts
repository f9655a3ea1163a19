// Who of the two screens is heard, and that a reload does not repeat what was said.
import { watch } from 'vue'
import { type Side, view } from './agent'
import { hear, prepare } from './sound'
import type { Result, View } from './wire'

const SAID = 'yitong.kiosk.said'

/** The customer's screen speaks; without one, the cashier's does. */
export const speaks = (side: Side, of: Pick<View, 'customer_screen'>): boolean =>
  side === 'customer' || !of.customer_screen

/** A result is the same one as long as it ends at the same moment. */
export const nameOf = (result: Pick<Result, 'kind' | 'until' | 'amount'>) =>
  `${result.kind} ${result.until} ${result.amount}`

export function useSpeaker(side: Side) {
  void prepare()
  watch(view, (of) => {
    const result = of?.screen === 'result' ? of.result : null
    if (!of || !result) return
    const name = nameOf(result)
    if (sessionStorage.getItem(SAID) === name) return
    sessionStorage.setItem(SAID, name)
    if (speaks(side, of)) hear(result, of.volume)
  })
}
