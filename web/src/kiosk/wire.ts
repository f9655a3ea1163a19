// What the agent of the terminal says and hears. Money is fen, moments are milliseconds. The pages compute with
// neither: they draw a view and send acts.

export type Language = 'zh' | 'en'
export interface Words {
  zh: string
  en: string
}

export type Phase = 'idle' | 'pricing' | 'present' | 'deciding' | 'question' | 'result' | 'setup' | 'broken'
export type Mode = 'dish' | 'amount' | 'fixed' | 'count' | 'weigh'

export interface Link {
  state: 'online' | 'offline' | 'never'
  since: number
  last_sync: number | null
  unsent: number
  oldest_unsent: number | null
  mirror_age_ms: number
  /** The clock can't be trusted: somebody has to say which meal it is. */
  clock_doubt: boolean
  /** Other terminals of the canteen that are heard. */
  neighbours: number
}

export interface Line {
  key: string
  name: string
  name_en: string | null
  count: number
  price: number
  amount: number
  grams: number | null
}

export interface Dish {
  id: string
  name: string
  name_en: string | null
  category: string
  price: number
  barcode: string
  available: boolean
  /** The price is for a kilogram. */
  weighed?: boolean
}

/** The operator's side has all of it; the customer's side has only `name_mask` and the balance. */
export interface Payer {
  person?: string
  name?: string
  name_mask?: string
  number_mask?: string
  class?: string | null
  kind?: string
  photo?: boolean
  balance?: number | null
  arrears?: number | null
  allergens?: string[]
  marks?: Words[]
}

export interface Question extends Words {
  kind: string
  seconds_ago?: number | null
  /** The first one goes on, the last one is the safe one. */
  choices: ({ act: string } & Words)[]
}

export type ResultKind = 'paid' | 'refused' | 'undone' | 'balance' | 'failed'

export interface Result extends Words {
  kind: ResultKind
  detail_zh?: string | null
  detail_en?: string | null
  amount: number | null
  balance_after?: number | null
  arrears_after?: number | null
  offline?: boolean
  /** Names of clips, in the order they are spoken. */
  speak: string[]
  until: number
}

export interface Recent {
  purchase: string
  at: number
  amount: number
  name_mask: string
  state: 'paid' | 'offline' | 'undone' | 'refused'
  undoable_until: number | null
}

export type DeviceKind =
  'scanner' | 'nfc' | 'printer' | 'drawer' | 'scale' | 'light' | 'keypad' | 'camera' | 'customer_screen'

export interface Device extends Words {
  kind: DeviceKind
  name: string
  state: 'ready' | 'absent' | 'trouble'
}

/** The state of the whole terminal. What may be missing is not said to this screen, or not known. */
export interface View {
  seq: number
  screen: Phase
  now: number
  language: Language
  training: boolean
  link: Link
  lease?: { left: number; expires_at: number; count_left: number } | null
  shop: { school: string; canteen: string; stall: string; terminal: string }
  period?: ({ id: string; ends?: number | string | null } & Words) | null
  period_asked?: ({ id: string } & Words)[] | null
  cashier?: { id: string; name: string } | null
  cashiers?: { id: string; name: string; pin?: boolean }[]
  shift?: { since: number; sales: number; total: number } | null
  closed?: { sales: number; total: number; counted: number; expected: number; difference: number } | null
  mode: Mode
  modes: Mode[]
  keyed?: string
  total: number
  lines: Line[]
  dishes?: Dish[]
  dishes_version?: number
  payer?: Payer | null
  question?: Question | null
  result?: Result | null
  recent?: Recent[]
  found?: Payer[] | null
  /** A class that is ticked off, name by name. */
  roster?: { class: string; people: { person: string; name: string; ticked: boolean }[] } | null
  classes?: { id: string; name: string }[]
  devices?: Device[]
  /** A dish waits for the scale to come to rest. */
  weighing?: string | null
  scale?: { grams: number; stable: boolean; overload?: boolean } | null
  battery?: { percent: number; charging: boolean } | null
  /** What the next scan is for, when it is not for paying. */
  asking?: 'balance' | null
  notice?: Words | null
  notices: Words[]
  volume: number
  alarms?: ({ code: string } & Words)[]
}

export type Key =
  '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '00' | '.' | 'back' | 'clear' | 'enter'

export type Act =
  | { type: 'key'; key: Key }
  | { type: 'mode'; mode: Mode }
  | { type: 'dish'; id: string; count: number }
  | { type: 'line'; key: string; count: number }
  | { type: 'scan'; text: string }
  | { type: 'pick'; person: string }
  | { type: 'search'; text: string }
  | { type: 'answer'; choice: string }
  | { type: 'cancel' }
  | { type: 'pay' }
  | { type: 'undo'; purchase: string }
  | { type: 'balance' }
  | { type: 'shift_open'; cashier: string; pin: string; cash: number }
  | { type: 'shift_close'; cash_count: number }
  | { type: 'training'; on: boolean }
  | { type: 'volume'; level: number }
  | { type: 'language'; language: Language }
  | { type: 'roster'; class?: string; person?: string }
  | { type: 'enrol'; text: string }
  | { type: 'test_device'; kind: DeviceKind }
  | { type: 'print_last' }
