// What is asked of the server about messages, their texts and their channels.
import { api, ask, type Schemas } from '@/shared/api/client'
import { here } from '@/shared/session'

export type Notice = Schemas['Notice']
export type Delivery = Schemas['NoticeDelivery']
export type Template = Schemas['NoticeTemplate']
export type Texts = Schemas['TemplateAsk']
export type NoticeChannel = Schemas['NoticeChannel']
export type ChannelTemplate = Schemas['ChannelTemplate']
export type ChannelAsk = Schemas['ChannelAsk']
export type Tested = Schemas['ChannelTested']

const at = <T extends object>(more: T) => ({ path: { ...here(), ...more } })

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
  return ask(api.GET('/api/v1/schools/{school}/notices', { params: { path: here(), query } }))
}

export const resend = (id: string) =>
  ask(api.POST('/api/v1/schools/{school}/notices/{id}/resend', { params: at({ id }) }))

export const readTemplates = () =>
  ask(api.GET('/api/v1/schools/{school}/notice-templates', { params: { path: here() } }))

const ONE = '/api/v1/schools/{school}/notice-templates/{kind}/{locale}' as const
type Named = Pick<Template, 'kind' | 'locale'>

export const putTemplate = ({ kind, locale }: Named, body: Texts) =>
  ask(api.PUT(ONE, { params: at({ kind, locale }), body }))

/** The built-in text stands again. */
export const dropTemplate = ({ kind, locale }: Named) => ask(api.DELETE(ONE, { params: at({ kind, locale }) }))

export const preview = ({ kind, locale }: Named, texts: Texts) => {
  const body = { kind, locale, ...texts }
  return ask(api.POST('/api/v1/schools/{school}/notice-templates/preview', { params: { path: here() }, body }))
}

/** The accounts of the whole server are its operator's; a school's own stand beside them. */
export type Scope = 'server' | 'school'

export const readChannels = (scope: Scope) =>
  scope === 'server'
    ? ask(api.GET('/api/v1/notice-channels'))
    : ask(api.GET('/api/v1/schools/{school}/notice-channels', { params: { path: here() } }))

export const putChannel = (scope: Scope, channel: string, body: ChannelAsk) =>
  scope === 'server'
    ? ask(api.PUT('/api/v1/notice-channels/{channel}', { params: { path: { channel } }, body }))
    : ask(api.PUT('/api/v1/schools/{school}/notice-channels/{channel}', { params: at({ channel }), body }))

export const testChannel = (scope: Scope, channel: string, body: Schemas['ChannelTest']) =>
  scope === 'server'
    ? ask(api.POST('/api/v1/notice-channels/{channel}/test', { params: { path: { channel } }, body }))
    : ask(api.POST('/api/v1/schools/{school}/notice-channels/{channel}/test', { params: at({ channel }), body }))
