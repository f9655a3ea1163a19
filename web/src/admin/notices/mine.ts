// One's own messages at work: the inbox, what comes over which way, and where. How many are unread is kept for the bell.
import { ref } from 'vue'
import { api, ask } from '@/shared/api/client'
import { here } from '@/shared/session'

export interface MyNotice {
  id: string
  kind: string
  title: string
  text: string
  at: string
  read: boolean
  link: string | null
}
export const WAYS = ['in_app', 'mail', 'wecom', 'dingtalk'] as const
export type Way = (typeof WAYS)[number]
export type MyKind = { kind: string } & Record<Way, boolean>
export interface Address {
  channel: string
  mask: string | null
  /** Nothing arrives there any more. */
  gone: boolean
  /** Whether the school has such a channel. */
  available: boolean
}
export interface MySettings {
  kinds: MyKind[]
  addresses: Address[]
}

interface Answer {
  data?: unknown
  error?: unknown
  response: Response
}
type Call = (path: string, init: object) => Promise<Answer>
const raw = api as unknown as Record<'GET' | 'PUT' | 'POST' | 'DELETE', Call>
const SCHOOL = '/api/v1/schools/{school}'
const at = (more: Record<string, string> = {}) => ({ path: { ...here(), ...more } })
const said = <T>(answer: Promise<Answer>) => ask(answer) as Promise<T>

export const unread = ref(0)
export async function countUnread() {
  const answer = await said<{ unread: number }>(raw.GET(`${SCHOOL}/my-notices/unread`, { params: at() }))
  unread.value = answer.unread
}
export const readMine = (cursor?: string) =>
  said<{ items: MyNotice[]; next: string | null }>(
    raw.GET(`${SCHOOL}/my-notices`, { params: { ...at(), query: { cursor } } }),
  )
export async function markRead(up_to: string) {
  const body = { up_to }
  const answer = await said<{ unread: number }>(raw.POST(`${SCHOOL}/my-notices/read`, { params: at(), body }))
  unread.value = answer.unread
}
export const readMySettings = () => said<MySettings>(raw.GET(`${SCHOOL}/my-notice-settings`, { params: at() }))
export const putMySettings = (kinds: MyKind[]) =>
  said<MySettings>(raw.PUT(`${SCHOOL}/my-notice-settings`, { params: at(), body: { kinds } }))

/** Whose addresses: one's own, or those of a user whom one administers. */
export type Owner = { user: string } | null
const placeOf = (owner: Owner) =>
  owner ? `${SCHOOL}/users/{id}/notice-addresses` : `${SCHOOL}/my-notice-addresses`
const within = (owner: Owner, channel?: string) =>
  at({ ...(owner ? { id: owner.user } : {}), ...(channel ? { channel } : {}) })
type Addresses = { addresses: Address[] }
export const readAddresses = (user: string) =>
  said<Addresses>(raw.GET(placeOf({ user }), { params: within({ user }) }))
export const putAddress = (owner: Owner, channel: string, address: string) =>
  said<Addresses>(raw.PUT(`${placeOf(owner)}/{channel}`, { params: within(owner, channel), body: { address } }))
export const dropAddress = (owner: Owner, channel: string) =>
  said<Addresses>(raw.DELETE(`${placeOf(owner)}/{channel}`, { params: within(owner, channel) }))

/** Of a link the place in these pages; anything else is not followed. */
export function placeIn(link: string | null): string | null {
  const path = /^\/admin(\/[^\s]*)$/.exec(link ?? '')?.[1]
  return path && !path.startsWith('//') ? path : null
}
