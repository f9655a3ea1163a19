// Messages, their texts and their channels as the server speaks of them, and what is asked of it.
import { api, ask } from '@/shared/api/client'
import { here } from '@/shared/session'

export interface Delivery {
  channel: string
  state: string
  attempts: number
  class: string | null
  code: string | null
  words: string | null
  provider_id: string | null
  address_mask: string | null
  first_at: string
  last_at: string
}

export interface Notice {
  id: string
  at: string
  kind: string
  state: string
  why: string | null
  to: string
  to_mask: string
  about: { id: string; name: string; number: string } | null
  title: string
  text: string
  expires_at: string
  ended_at: string | null
  read_at: string | null
  resends: number
  deliveries: Delivery[]
}

export interface Texts {
  title: string
  text: string
}

export interface Template extends Texts {
  kind: string
  locale: string
  own: boolean
  built_in_title: string
  built_in_text: string
  variables: { name: string; required: boolean; example: string }[]
}

export interface ChannelTemplate {
  id: string
  fields: Record<string, string>
}

export interface NoticeChannel {
  channel: string
  providers: string[]
  provider: string | null
  on: boolean
  needs_template: boolean
  templates: Record<string, ChannelTemplate>
  changed_at: string | null
}

export interface ChannelAsk {
  provider: string
  on: boolean
  templates: Record<string, ChannelTemplate>
  /** Left out: the keys that are kept stay. */
  config?: Record<string, unknown>
}

export interface Tested {
  outcome: string
  code: string | null
  words: string | null
}

interface Page<T> {
  items: T[]
  next: string | null
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

export interface NoticeFilter {
  q: string
  kind: string
  state: string
  days: [string, string] | null
  cursor?: string
}

export function readNotices({ q, kind, state, days, cursor }: NoticeFilter) {
  const filter = { q: q.trim() || undefined, kind: kind || undefined, state: state || undefined }
  const query = { ...filter, from: days?.[0], to: days?.[1], cursor }
  return said<Page<Notice>>(raw.GET(`${SCHOOL}/notices`, { params: { ...at(), query } }))
}

export const resend = (id: string) =>
  said<{ state: string }>(raw.POST(`${SCHOOL}/notices/{id}/resend`, { params: at({ id }) }))

export const readTemplates = () =>
  said<{ items: Template[] }>(raw.GET(`${SCHOOL}/notice-templates`, { params: at() }))

const ONE = `${SCHOOL}/notice-templates/{kind}/{locale}`
type Named = Pick<Template, 'kind' | 'locale'>

export const putTemplate = ({ kind, locale }: Named, body: Texts) =>
  said<Template>(raw.PUT(ONE, { params: at({ kind, locale }), body }))

/** The built-in text stands again. */
export const dropTemplate = ({ kind, locale }: Named) =>
  said<Template>(raw.DELETE(ONE, { params: at({ kind, locale }) }))

export const preview = ({ kind, locale }: Named, texts: Texts) =>
  said<Texts>(raw.POST(`${SCHOOL}/notice-templates/preview`, { params: at(), body: { kind, locale, ...texts } }))

/** The accounts of the whole server are its operator's; a school's own stand beside them. */
export type Scope = 'server' | 'school'
const channelsOf = (scope: Scope) => (scope === 'server' ? '/api/v1/notice-channels' : `${SCHOOL}/notice-channels`)
const within = (scope: Scope, more: Record<string, string> = {}) => (scope === 'server' ? { path: more } : at(more))

export const readChannels = (scope: Scope) =>
  said<{ items: NoticeChannel[] }>(raw.GET(channelsOf(scope), { params: within(scope) }))

export const putChannel = (scope: Scope, channel: string, body: ChannelAsk) =>
  said<NoticeChannel>(raw.PUT(`${channelsOf(scope)}/{channel}`, { params: within(scope, { channel }), body }))

export const testChannel = (scope: Scope, channel: string, body: { address: string; kind: string }) =>
  said<Tested>(raw.POST(`${channelsOf(scope)}/{channel}/test`, { params: within(scope, { channel }), body }))
