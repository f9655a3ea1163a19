// What a payment order's state means to the person who waits.
import type { OrderState } from '../wire'

export type Meaning = 'open' | 'checking' | 'good' | 'over' | 'back' | 'school'

const MEANINGS: Record<OrderState, Meaning> = {
  created: 'open',
  paying: 'open',
  // Nobody knows yet: neither paid nor failed may be said.
  unknown: 'checking',
  closing: 'checking',
  success: 'good',
  // The money came after the order was closed: it is safe, and waits until the school books it or gives it back.
  late_success: 'school',
  applied: 'good',
  closed: 'over',
  failed: 'over',
  disputed: 'school',
  part_refunded: 'back',
  refunded: 'back',
}

export const meaning = (state: OrderState): Meaning => MEANINGS[state] ?? 'checking'
/** The answer can still change by itself within minutes. */
export const settles = (state: OrderState) => meaning(state) === 'open' || meaning(state) === 'checking'
