// What the guardian's API says, written down by hand until the generated types have these routes: then each name here
// becomes an alias of `Schemas[…]`, and nothing else changes.
import type { Money } from '@/shared/money'

export type { Money }
export interface Page<T> {
  items: T[]
  next?: string | null
}

export interface Guardian {
  id: string
  name: string
  phone_mask: string
  locale: string
  elder: boolean
  quiet_from: string | null
  quiet_to: string | null
}
export type Provider = 'wechat' | 'alipay'
export interface GuardianSession {
  guardian: Guardian
  children: Child[]
  /** Those that are set up. */
  providers: Provider[]
  /** Those of them that are tied to this guardian. */
  linked: Provider[]
}
export interface CodeSent {
  sent_to: string
  again_after_s: number
  expires_s: number
}

export interface Rights {
  see: boolean
  pay: boolean
  control: boolean
}
export type Relation = 'father' | 'mother' | 'grandparent' | 'other'
export interface Child {
  binding: string
  state: 'active' | 'pending' | 'refused' | 'locked'
  school: { id: string; name: string; short: string | null }
  person: string | null
  /** active, left or suspended: of the child in the school */
  status: string | null
  name: string
  number_mask: string
  class: string | null
  relation: Relation
  rights: Rights
  asked_at: string
  answer: string | null
}
export type Purpose = 'account' | 'meals' | 'messages' | 'photo'
export interface ConsentText {
  purpose: Purpose
  version: number
  required: boolean
  title_zh: string
  title_en: string
  text_zh: string
  text_en: string
}
export interface Found {
  ticket: string
  school: { id: string; name: string }
  child: { name_mask: string; number_mask: string; class: string | null; kind: string }
  expires_s: number
  consents: ConsentText[]
}
export interface Given {
  purpose: Purpose
  version: number
  given: boolean
}
export interface Consent {
  purpose: Purpose
  given: boolean
  /** Of the text that was answered; below that of `text`, the question is open again. */
  version: number | null
  at: string | null
  text: ConsentText
}
export type DataField = 'name' | 'class' | 'number' | 'phone' | 'other'
export interface DataReport {
  id: string
  field: DataField
  text: string
  state: 'open' | 'answered'
  answer: string | null
  at: string
  answered_at: string | null
}
export interface OtherGuardian {
  binding: string
  name_mask: string
  phone_mask: string
  relation: Relation
  rights: Rights
  /** The school keeps this guardian out; nobody else can change that. */
  locked: boolean
  own: boolean
  bound_at: string
}

export interface MealOfDay {
  period: string
  name: string
  state: 'eaten' | 'missed' | 'to_come' | 'none'
  amount: Money | null
  at: string | null
}
export interface PurchaseLine {
  id: string
  at: string
  business_day: string
  amount: Money
  place: string
  period: string | null
  items: { name: string; quantity: number; amount: Money }[]
  balance_after: Money | null
  state: 'booked' | 'undone' | 'refused'
  reason_zh?: string | null
  reason_en?: string | null
}
export type ComplaintKind = 'wrong_amount' | 'not_mine' | 'not_eaten' | 'quality' | 'other'
export interface Complaint {
  id: string
  purchase: string
  kind: ComplaintKind
  text: string
  state: 'open' | 'answered' | 'refunded'
  answer: string | null
  due_at: string
  at: string
  answered_at: string | null
}
export interface PurchaseDetail extends PurchaseLine {
  why: { ok: boolean; zh: string; en: string }[]
  complaint: Complaint | null
  arrears_part: Money | null
}
export interface ChildToday {
  child: Child
  /** Null without an active binding. */
  balance: Money | null
  arrears: Money | null
  frozen: boolean
  frozen_by_school: boolean
  code_lost: boolean
  lost_by_school: boolean
  /** Whether the school tells of meals that were not bought. */
  meal_missed_offered: boolean
  /** Null without the consent to see purchases. */
  spent_today: Money | null
  meals_today: MealOfDay[]
  latest: PurchaseLine[]
  /** Null when nothing is set up. */
  auto_topup: AutoState | null
}
export interface Home {
  children: ChildToday[]
  unread: number
}
export interface CalendarDay {
  day: string
  school_day: boolean
  spent: Money
  meals: MealOfDay[]
}
export interface Calendar {
  month: string
  days: CalendarDay[]
}
export interface StatementLine {
  id: string
  kind: string
  at: string
  amount: Money
  balance_after: Money | null
  title_zh: string
  title_en: string
  /** A later line took it back. */
  undone: boolean
}
export interface Year {
  months: { month: string; spent: Money; topped_up: Money; purchases: number }[]
  categories: { name: string; amount: Money; share_permille: number }[]
  total_spent: Money
  total_topped_up: Money
  purchases: number
}

export interface Stops {
  frozen: boolean
  frozen_by_school: boolean
  code_lost: boolean
  lost_by_school: boolean
}
export interface LimitValues {
  meal: Money | null
  day: Money | null
  purchase: Money | null
  no_buy: string[]
  allergens: string[]
}
export interface Limits extends LimitValues {
  low_balance: Money | null
  version: number
  /** What the school has set; the stricter of both counts. */
  school: LimitValues
  /** What can be named in `no_buy`. */
  categories: string[]
  /** What dishes name. */
  known_allergens: string[]
}
export interface Notice {
  id: string
  kind: string
  /** In the guardian's language. */
  title: string
  text: string
  school: string | null
  /** Whom it tells of. */
  person: string | null
  link: string | null
  at: string
  read: boolean
}
export interface KindPreference {
  kind: string
  in_app: boolean
  push: boolean
  wechat: boolean
  alipay?: boolean
  mail?: boolean
  sms: boolean
  /** The school must be able to say this: it can't be turned off inside the app. */
  fixed: boolean
}
export interface OwnMail {
  mask: string | null
  /** Nothing arrives there any more. */
  gone: boolean
  available: boolean
}
export interface Preferences {
  kinds: KindPreference[]
}

/** `auto`: a debit under a mandate. */
export type Scene = 'in_app' | 'mobile_web' | 'qr' | 'auto'
export type ChannelKind = 'wechat' | 'alipay' | 'unionpay' | 'chinaums'
export interface PayChannel {
  account: string
  kind: ChannelKind
  name: string
  scenes: Scene[]
}
export interface TopupOffer {
  buttons: number[]
  min: Money
  single_cap: Money
  balance_cap: Money
  balance: Money
  arrears: Money
  room: Money
  channels: PayChannel[]
}
export type Presented =
  | { kind: 'in_app'; bridge: string; arguments: Record<string, string> }
  | { kind: 'redirect'; url: string }
  | { kind: 'form'; action: string; fields: [string, string][] }
  | { kind: 'qr'; text: string }
export type OrderState =
  | 'created'
  | 'paying'
  | 'unknown'
  | 'success'
  | 'closing'
  | 'closed'
  | 'failed'
  | 'late_success'
  | 'applied'
  | 'disputed'
  | 'part_refunded'
  | 'refunded'
export interface PaymentOrder {
  id: string
  number: string
  state: OrderState
  amount: Money
  account: string
  scene: Scene
  presented: Presented | null
  expires_at: string
  at: string
  paid_at: string | null
  balance_after: Money | null
  repaid: Money | null
  receipt_number: string | null
}
export interface Transfer {
  id: string
  balance_from: Money
  balance_to: Money
}

export type AutoState = 'on' | 'paused' | 'unsigned' | 'refused'
export type NotDue =
  | 'enough_money'
  | 'outside_window'
  | 'tries_used'
  | 'refused_lately'
  | 'month_cap'
  | 'caps'
  | 'under_way'
  | 'no_mandate'
  | 'paused'
  | 'suspended'
  | 'person_gone'
  | 'channel_gone'
export type DebitRefused = 'not_enough' | 'mandate_gone' | 'limit' | 'refused' | 'no_word'
export interface AutoTopup {
  state: AutoState | null
  by_other: boolean
  rule: { floor: Money; target: Money; month_cap: Money; paused: boolean; agreed_at: string } | null
  mandate: {
    id: string
    account: string
    state: 'init' | 'signing' | 'signed' | 'suspended' | 'ending' | 'terminated' | 'expired'
    presented: Presented | null
    signed_at: string | null
  } | null
  why: NotDue | null
  refused: DebitRefused | null
  tries: { order: string; at: string; amount: Money; state: OrderState; refused: DebitRefused | null }[]
  month: Money
  caps: { min: Money; single: Money; balance: Money; month: Money }
  channels: PayChannel[]
  consent: { version: number; zh: string; en: string }
}
