// The settings of each kind of channel as a form: what they are called, which are secret, and what is sent of what was
// typed. Secrets never come back from the server: an empty field leaves what is kept as it is.

import type { Channel } from './states'

export type Input = 'line' | 'secret' | 'pem' | 'number' | 'json' | 'choice'

export interface Part {
  /** Empty where a setting is one value, or a list of plain ones. */
  key: string
  input: Input
  optional?: boolean
  options?: string[]
}

export interface Setting {
  key: string
  shape: 'one' | 'list' | 'groups' | 'object'
  parts: Part[]
  optional?: boolean
  /** What the server takes where it is left out. */
  usual?: string
  /** Seldom touched: folded away. */
  rare?: boolean
}

type More = Partial<Pick<Setting, 'optional' | 'usual' | 'rare'>>
const part = (key: string, input: Input, more: Partial<Part> = {}): Part => ({ key, input, ...more })
const one = (key: string, input: Input = 'line', more: More & { options?: string[] } = {}): Setting => {
  const { options, ...rest } = more
  return { key, shape: 'one', parts: [part('', input, options ? { options } : {})], ...rest }
}
const list = (key: string, input: Input, more: More = {}): Setting => ({
  key,
  shape: 'list',
  parts: [part('', input)],
  ...more,
})
const rare = (usual: string) => ({ optional: true, rare: true, usual })
const until = part('not_after', 'line', { optional: true })
const own = (...parts: Part[]): Setting => ({ key: 'signing', shape: 'groups', parts: [...parts, until] })

export const SETTINGS: Record<Channel, Setting[]> = {
  wechat: [
    one('mchid'),
    one('appid'),
    list('api_v3_keys', 'secret'),
    own(part('serial', 'line'), part('private_key', 'pem')),
    { key: 'verify_keys', shape: 'groups', parts: [part('id', 'line'), part('key', 'pem'), until] },
    one('base_url', 'line', rare('https://api.mch.weixin.qq.com')),
  ],
  alipay: [
    one('app_id'),
    one('seller_id', 'line', { optional: true }),
    own(part('private_key', 'pem'), part('certificate', 'pem', { optional: true })),
    list('public_keys', 'pem', { optional: true }),
    list('certificates', 'pem', { optional: true }),
    one('root_certificates', 'pem', { optional: true }),
    one('gateway', 'line', rare('https://openapi.alipay.com/gateway.do')),
  ],
  unionpay: [
    one('mer_id'),
    own(part('cert_id', 'line'), part('private_key', 'pem')),
    list('middle', 'pem'),
    list('root', 'pem'),
    one('gateway', 'line', rare('https://gateway.95516.com')),
    one('files', 'line', rare('https://filedownload.95516.com')),
    list('names', 'line', rare('中国银联股份有限公司')),
    one('chain_digest', 'choice', { ...rare('sha2_only'), options: ['sha2_only', 'sha1_too'] }),
    one('pay_window_minutes', 'number', rare('30')),
    one('undo_until_minute', 'number', rare('1320')),
    one('products', 'json', { optional: true, rare: true }),
  ],
  chinaums: [
    one('app_id'),
    list('app_keys', 'secret'),
    list('notify_keys', 'secret'),
    one('mid'),
    one('tid'),
    one('inst_mid', 'choice', { options: ['H5DEFAULT', 'QRPAYDEFAULT', 'YUEDANDEFAULT', 'MINIDEFAULT'] }),
    one('source'),
    {
      key: 'mobile_web',
      shape: 'object',
      parts: [part('path', 'line'), part('extra', 'json', { optional: true })],
      optional: true,
    },
    { key: 'qr', shape: 'object', parts: [part('path', 'line')], optional: true },
    {
      key: 'in_app',
      shape: 'object',
      parts: [
        part('sub_app_id', 'line'),
        part('trade_type', 'choice', { optional: true, options: ['JSAPI', 'MINI'] }),
      ],
      optional: true,
    },
    one('base_url', 'line', rare('https://api-mop.chinaums.com')),
    one('answers', 'choice', { ...rare('when_signed'), options: ['when_signed', 'must_be_signed'] }),
  ],
}

/** Of one setting: what was typed, entry by entry; `remove` takes away what is kept. */
export interface Typed {
  entries: Record<string, string>[]
  remove: boolean
}
export type Form = Record<string, Typed>
export interface Kept {
  key: string
  value?: string | null
}
export type Wrong = 'missing' | 'number' | 'json'

export const blank = (setting: Setting): Record<string, string> =>
  Object.fromEntries(setting.parts.map((of) => [of.key, '']))

/** What is no secret is there to be read and changed; the rest begins empty. */
export function formOf(kind: Channel, kept: readonly Kept[]): Form {
  const typed = (setting: Setting): [string, Typed] => {
    const value = kept.find((of) => of.key === setting.key)?.value
    return [setting.key, { entries: [{ ...blank(setting), ...(value ? { '': value } : {}) }], remove: false }]
  }
  return Object.fromEntries(SETTINGS[kind].map(typed))
}

function read(of: Part, text: string): { value: unknown } | { wrong: Wrong } {
  if (of.input === 'number') return /^\d{1,6}$/.test(text) ? { value: Number(text) } : { wrong: 'number' }
  if (of.input !== 'json') return { value: text }
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return { wrong: 'json' }
  }
}

/** One entry; nothing where nothing was typed in it. */
function entryOf(setting: Setting, typed: Record<string, string>): { value: unknown } | { wrong: Wrong } | null {
  const values: [string, unknown][] = []
  let missing = false
  for (const of of setting.parts) {
    const text = (typed[of.key] ?? '').trim()
    if (!text) missing ||= !of.optional
    else {
      const got = read(of, text)
      if ('wrong' in got) return got
      values.push([of.key, got.value])
    }
  }
  if (!values.length) return null
  if (missing) return { wrong: 'missing' }
  const plain = setting.shape === 'one' || setting.shape === 'list'
  return { value: plain ? values[0]![1] : Object.fromEntries(values) }
}

/** What to send: only what changes. `wrong` names the settings that can't be sent as they are. */
export function changesOf(kind: Channel, form: Form, kept: readonly Kept[]) {
  const settings: Record<string, unknown> = {}
  const wrong: Record<string, Wrong> = {}
  for (const setting of SETTINGS[kind]) {
    const { key } = setting
    const typed = form[key]!
    const before = kept.find((of) => of.key === key)
    const read = typed.entries.map((entry) => entryOf(setting, entry)).filter((of) => of !== null)
    const bad = read.find((of) => 'wrong' in of)
    const values = read.flatMap((of) => ('value' in of ? [of.value] : []))
    const many = setting.shape === 'list' || setting.shape === 'groups'
    if (typed.remove) settings[key] = null
    else if (bad && 'wrong' in bad) wrong[key] = bad.wrong
    else if (values.length) {
      if (!before?.value || before.value !== values[0]) settings[key] = many ? values : values[0]
    } else if (before?.value) {
      // It was shown, and was emptied: that is meant.
      if (setting.optional) settings[key] = null
      else wrong[key] = 'missing'
    } else if (!before && !setting.optional) wrong[key] = 'missing'
  }
  return { settings, wrong }
}
