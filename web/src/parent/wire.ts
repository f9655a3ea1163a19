// What the guardian's API says: the generated shapes, with the words that a field can hold where the document says text.
import type { Schemas } from '@/shared/api/client'
import type { Money } from '@/shared/money'

export type { Money }
type Words<S> = { [K in keyof S]?: unknown }
/** As it is sent: what may be null is there all the same. */
type Sent<S, W extends Words<S> = object> = Omit<{ [K in keyof S]-?: Exclude<S[K], undefined> }, keyof W> & W

export interface Page<T> {
  items: T[]
  next?: string | null
}

export type Guardian = Sent<Schemas['Guardian']>
export type Provider = 'wechat' | 'alipay'
export type GuardianSession = Sent<
  Schemas['GuardianSession'],
  { guardian: Guardian; children: Child[]; providers: Provider[]; linked: Provider[] }
>
export type CodeSent = Schemas['CodeSent']

export type Rights = Schemas['ChildRights']
export type Relation = 'father' | 'mother' | 'grandparent' | 'other'
export type Child = Sent<
  Schemas['GuardianChild'],
  { state: 'active' | 'pending' | 'refused' | 'locked'; relation: Relation }
>
export type Purpose = 'account' | 'meals' | 'messages' | 'photo'
export type ConsentText = Sent<Schemas['ConsentText'], { purpose: Purpose }>
export type Found = Sent<Schemas['LookedUp'], { child: Sent<Schemas['LookedUpChild']>; consents: ConsentText[] }>
export type Given = Sent<Schemas['PutConsent'], { purpose: Purpose }>
export type Consent = Sent<Schemas['ChildConsent'], { purpose: Purpose; text: ConsentText }>
export type DataField = 'name' | 'class' | 'number' | 'phone' | 'other'
export type DataReport = Sent<Schemas['DataReport'], { field: DataField; state: 'open' | 'answered' }>
export type OtherGuardian = Sent<Schemas['ChildGuardian'], { relation: Relation }>

export type MealOfDay = Sent<Schemas['GuardianMeal'], { state: 'eaten' | 'missed' | 'to_come' | 'none' }>
export type PurchaseLine = Sent<Schemas['GuardianPurchase'], { state: 'booked' | 'undone' | 'refused' }>
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
export type Complaint = Sent<Schemas['Complaint'], { kind: ComplaintKind; state: 'open' | 'answered' | 'refunded' }>
export type PurchaseDetail = Sent<
  Schemas['GuardianPurchaseDetail'],
  { state: PurchaseLine['state']; complaint: Complaint | null }
>
export type ChildToday = Sent<
  Schemas['GuardianHomeChild'],
  { child: Child; meals_today: MealOfDay[]; latest: PurchaseLine[] }
>
export type Home = Sent<Schemas['GuardianHome'], { children: ChildToday[] }>
export type CalendarDay = Sent<Schemas['GuardianCalendarDay'], { meals: MealOfDay[] }>
export type Calendar = Sent<Schemas['GuardianCalendar'], { days: CalendarDay[] }>
export type StatementLine = Sent<Schemas['GuardianStatementLine']>
export type Year = Sent<Schemas['GuardianYear']>
export type Stops = Schemas['GuardianStops']
type LimitsPage = Sent<Schemas['GuardianLimitsPage']>
/** What the school and the guardians both can set. */
export type LimitValues = Pick<LimitsPage, 'meal' | 'day' | 'purchase' | 'no_buy' | 'allergens'>
export type Limits = Sent<Schemas['GuardianLimitsPage'], { school: LimitValues }>
export type Notice = Sent<Schemas['GuardianNotice']>
export type KindPreference = Schemas['NoticePreference']
export type Preferences = Schemas['NoticePreferences']

/** `auto`: a debit under a mandate. */
export type Scene = 'in_app' | 'mobile_web' | 'qr' | 'auto'
export type ChannelKind = 'wechat' | 'alipay' | 'unionpay' | 'chinaums'
export type PayChannel = Sent<Schemas['TopupChannel'], { kind: ChannelKind; scenes: Scene[] }>
export type TopupOffer = Sent<Schemas['TopupOptions'], { channels: PayChannel[] }>
/** The document has all fields of all four; which of them are there is what `kind` says. */
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
export type PaymentOrder = Sent<
  Schemas['GuardianOrder'],
  { state: OrderState; scene: Scene; presented: Presented | null }
>
export type Transfer = Schemas['TransferDone']
