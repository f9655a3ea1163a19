// What this app asks of the server: one function a question, so that a page never writes an address.
import { ask } from '@/shared/api/client'
import type * as wire from './wire'

const BASE = '/api/v1/guardian'
type Query = Record<string, string | number | undefined | null>

async function send<T>(method: string, path: string, body?: unknown) {
  const headers: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
  const response = await fetch(BASE + path, {
    method,
    headers,
    body: body === undefined ? null : JSON.stringify(body),
  })
  const told: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined)
  // A wrong code is no lost session.
  const wrongCode = response.status === 401 && (told as { field?: string } | undefined)?.field === 'code'
  if (response.status === 401 && path !== '/session' && !wrongCode) ended?.()
  return response.ok ? { data: told as T, response } : { error: told, response }
}

let ended: (() => void) | undefined
/** Called when the server no longer knows this session. */
export const whenEnded = (then: () => void) => (ended = then)

function withQuery(path: string, query: Query): string {
  const kept = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '')
  const text = new URLSearchParams(kept.map(([key, value]) => [key, String(value)])).toString()
  return text ? `${path}?${text}` : path
}

const get = <T>(path: string, query: Query = {}) => ask<T>(send<T>('GET', withQuery(path, query)))
const post = <T>(path: string, body: unknown) => ask<T>(send<T>('POST', path, body))
const put = <T>(path: string, body: unknown) => ask<T>(send<T>('PUT', path, body))
const drop = <T = void>(path: string, body?: unknown) => ask<T>(send<T>('DELETE', path, body))
const of = (binding: string) => `/children/${binding}`

// Sign-in and oneself.
export const sendCode = (phone: string) => post<wire.CodeSent>('/signin/codes', { phone })
export const signIn = (phone: string, code: string) => post<wire.GuardianSession>('/session', { phone, code })
export const session = () => get<wire.GuardianSession>('/session')
export const signOut = () => drop('/session')
export const sendEraseCode = () => post<wire.CodeSent>('/account/codes', {})
export const eraseAccount = (code: string) => drop('/account', { code })
export const saveSettings = (change: Partial<Omit<wire.Guardian, 'id' | 'phone_mask'>>) =>
  ask<wire.GuardianSession>(send('PATCH', '/settings', change))
export const oauthStart = (provider: wire.Provider, back: string) =>
  withQuery(`${BASE}/oauth/${provider}/start`, { return: back })

/** The ways in that are set up. */
export const providers = () => get<wire.Page<wire.Provider>>('/oauth')

// Binding.
export const schools = (q: string) => get<wire.Page<{ id: string; name: string }>>('/schools', { q })
export const lookUp = (body: { name: string; number: string; code: string }) =>
  post<wire.Found>('/bindings/look-up', body)
export const consentTexts = (school: string) => get<wire.Page<wire.ConsentText>>('/consent-texts', { school })
export const bindWithCode = (
  id: string,
  body: { ticket: string; relation: wire.Relation; consents: wire.Given[] },
) => put<wire.Child>(`/bindings/${id}`, body)
export const askSchool = (
  id: string,
  body: {
    school: string
    name: string
    number: string
    message: string
    relation: wire.Relation
    consents: wire.Given[]
  },
) => put<wire.Child>(`/bindings/${id}`, body)
export const unbind = (binding: string) => drop(`/bindings/${binding}`)
export const consents = (binding: string) => get<wire.Page<wire.Consent>>(`${of(binding)}/consents`)
export const answerConsent = (binding: string, { purpose, version, given }: wire.Given) =>
  put<unknown>(`${of(binding)}/consents/${purpose}`, { version, given })
export const dataReports = (binding: string) => get<wire.Page<wire.DataReport>>(`${of(binding)}/data-reports`)
export const reportData = (binding: string, body: { id: string; field: wire.DataField; text: string }) =>
  post<wire.DataReport>(`${of(binding)}/data-reports`, body)
export const guardians = (binding: string) => get<wire.Page<wire.OtherGuardian>>(`${of(binding)}/guardians`)
export const setRights = (binding: string, other: string, rights: wire.Rights) =>
  put<unknown>(`${of(binding)}/guardians/${other}`, rights)
export const removeGuardian = (binding: string, other: string) => drop(`${of(binding)}/guardians/${other}`)

// Seeing.
export const home = () => get<wire.Home>('/home')
export const purchases = (binding: string, query: Query) =>
  get<wire.Page<wire.PurchaseLine>>(`${of(binding)}/purchases`, query)
export const purchase = (binding: string, id: string) => get<wire.PurchaseDetail>(`${of(binding)}/purchases/${id}`)
export const calendar = (binding: string, month: string) => get<wire.Calendar>(`${of(binding)}/calendar`, { month })
export const statement = (binding: string, query: Query) =>
  get<wire.Page<wire.StatementLine>>(`${of(binding)}/statement`, query)
export const statementFile = (binding: string, query: Query) =>
  withQuery(`${BASE}${of(binding)}/statement/export`, query)
export const year = (binding: string, year: string) => get<wire.Year>(`${of(binding)}/year`, { year })
export const EVENTS = `${BASE}/events`

// Control.
export const freeze = (binding: string, frozen: boolean) => put<wire.Stops>(`${of(binding)}/freeze`, { frozen })
export const reportLost = (binding: string, lost: boolean) => put<wire.Stops>(`${of(binding)}/loss`, { lost })
export const limits = (binding: string) => get<wire.Limits>(`${of(binding)}/limits`)
export const saveLimits = (binding: string, body: Omit<wire.Limits, 'school' | 'categories' | 'known_allergens'>) =>
  put<wire.Limits>(`${of(binding)}/limits`, body)
export const complaints = (binding: string) => get<wire.Page<wire.Complaint>>(`${of(binding)}/complaints`)
export const complain = (
  binding: string,
  id: string,
  body: { purchase: string; kind: wire.ComplaintKind; text: string },
) => put<wire.Complaint>(`${of(binding)}/complaints/${id}`, body)
export const transfer = (binding: string, id: string, body: { to: string; amount: wire.Money }) =>
  put<wire.Transfer>(`${of(binding)}/transfers/${id}`, body)

// Messages.
export const notices = (cursor?: string) => get<wire.Page<wire.Notice>>('/notices', { cursor })
export const readUpTo = (up_to: string) => post<{ unread: number }>('/notices/read', { up_to })
export const preferences = () => get<wire.Preferences>('/preferences')
export const savePreferences = (body: wire.Preferences) => put<wire.Preferences>('/preferences', body)
export const ownMail = () => get<wire.OwnMail>('/mail')
export const sendMailCode = (address: string) => post<wire.CodeSent>('/mail/codes', { address })
export const confirmMail = (address: string, code: string) => put<wire.OwnMail>('/mail', { address, code })
export const forgetMail = () => ask<wire.OwnMail>(send('DELETE', '/mail'))
export const pushKey = () => get<{ key: string }>('/push/key')
export const savePush = (subscription: PushSubscriptionJSON) => put<unknown>('/push', { subscription })
export const dropPush = (subscription: PushSubscriptionJSON) =>
  ask<void>(send<void>('DELETE', '/push', { subscription }))

// Paying.
export const topup = (binding: string) => get<wire.TopupOffer>(`${of(binding)}/topup`)
export const order = (binding: string, id: string) => get<wire.PaymentOrder>(`${of(binding)}/payment-orders/${id}`)
export const orders = (binding: string, cursor?: string) =>
  get<wire.Page<wire.PaymentOrder>>(`${of(binding)}/payment-orders`, { cursor })
export const makeOrder = (
  binding: string,
  id: string,
  body: { amount: wire.Money; account: string; scene: wire.Scene },
) => put<wire.PaymentOrder>(`${of(binding)}/payment-orders/${id}`, body)
export const closeOrder = (binding: string, id: string) => drop(`${of(binding)}/payment-orders/${id}`)

export const autoTopup = (binding: string) => get<wire.AutoTopup>(`${of(binding)}/auto-topup`)
export const setAutoTopup = (
  binding: string,
  body: { floor: wire.Money; target: wire.Money; month_cap: wire.Money; consent_version: number },
) => put<wire.AutoTopup>(`${of(binding)}/auto-topup`, body)
export const pauseAutoTopup = (binding: string, paused: boolean) =>
  put<wire.AutoTopup>(`${of(binding)}/auto-topup/pause`, { paused })
export const signMandate = (binding: string, id: string, body: { account: string; scene: wire.Scene }) =>
  put<wire.AutoTopup>(`${of(binding)}/mandates/${id}`, body)
export const endMandate = (binding: string, id: string) => drop<wire.AutoTopup>(`${of(binding)}/mandates/${id}`)
