// English of the home page.
import type { Like } from '../words'
import type { zh } from './messages'

const en: Like<typeof zh> = {
  account_of: 'Account of {name}',
  balance: 'Balance',
  spent_today: 'Spent today {amount}',
  topup: 'Top up',
  guard: 'Freeze / lost',
  purchases: 'Purchases',
  main_things: 'Main things',
  is_lost: 'The code is reported lost',
  is_lost_say: 'Nobody can pay with it meanwhile.',
  is_frozen: 'The account is frozen',
  is_frozen_say: 'Nothing can be bought meanwhile; the balance stays.',
  undo_it: 'See and undo',
  arrears: 'To be paid later: {amount}',
  arrears_say: 'Your child has eaten already; a top-up pays it back by itself.',
  repay: 'Pay it back',
  today: 'Meals today',
  calendar: 'Calendar',
  no_meals: 'No meals are planned today',
  meal_eaten: 'Eaten',
  meal_missed: 'No meal recorded',
  meal_to_come: 'Not yet time',
  meal_none: 'Not served today',
  latest: 'Latest purchases',
  none_yet: 'No purchases yet',
  all_purchases: 'All purchases',
  requests: 'Bindings asked for',
  state_pending: 'Waiting',
  state_refused: 'Refused',
  state_locked: 'Locked',
  state_active: 'Bound',
  pull: 'Pull to refresh',
  loose: 'Release to refresh',
  live: 'Purchases appear here as they happen',
  not_live: 'Live updates are off, trying again; pull to refresh',
}

export default en
