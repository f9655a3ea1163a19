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
export type Complaint = Sent<Schemas['Complaint'], { kind: ComplaintKind; state: 'open' | 'answered' | 'refunded' }>
export type PurchaseDetail = Sent<
  Schemas['GuardianPurchaseDetail'],
  { state: PurchaseLine['state']; complaint: Complaint | null }
>
export type ChildToday = Sent<
  Schemas['GuardianHomeChild'],
  { child: Child; meals_today: MealOfDay[]; latest: PurchaseLine[]; auto_topup: AutoState | null }
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
export type OwnMail = Sent<Schemas['GuardianMail']>

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
export type PaymentOrder = Sent<
  Schemas['GuardianOrder'],
  { state: OrderState; scene: Scene; presented: Presented | null }
>
export type Transfer = Schemas['TransferDone']

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
