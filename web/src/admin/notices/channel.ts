// Message channels: what each provider's account is made of. Keys go in and never come out, so an empty field of an
// account that is kept means: as it is.
export interface Field {
  /** As the server names it; a dot leads into an object. */
  name: string
  secret?: boolean
  optional?: boolean
  number?: boolean
  long?: boolean
  choices?: readonly string[]
}

const secret = (name: string, more: Partial<Field> = {}): Field => ({ name, secret: true, ...more })

const WECHAT: Field[] = [
  { name: 'app_id' },
  secret('app_secret'),
  { name: 'account.kind', choices: ['service_account', 'mini_program', 'service_account_template'] },
]
const ALIPAY: Field[] = [
  { name: 'app_id' },
  secret('private_key', { long: true }),
  { name: 'alipay_public_key', long: true },
  { name: 'product', choices: ['mini_program', 'kids'] },
  secret('app_auth_token', { optional: true }),
]
const FIELDS: Record<string, Field[]> = {
  'wechat wechat': WECHAT,
  'alipay alipay': ALIPAY,
  'wecom app': [{ name: 'corp_id' }, secret('secret'), { name: 'agent_id', number: true }],
  'wecom robot': [secret('key')],
  'dingtalk robot': [secret('access_token'), secret('secret')],
  'sms aliyun': [{ name: 'access_key_id' }, secret('access_key_secret'), { name: 'sign_name' }],
  'sms tencent': [{ name: 'secret_id' }, secret('secret_key'), { name: 'sdk_app_id' }, { name: 'sign_name' }],
  'mail smtp': [
    { name: 'host' },
    { name: 'port', number: true, optional: true },
    { name: 'tls', choices: ['starttls', 'implicit', 'none'] },
    { name: 'user', optional: true },
    secret('password', { optional: true }),
    { name: 'from' },
    { name: 'reply_to', optional: true },
  ],
  'push web_push': [{ name: 'subject', optional: true }],
}

/** Of a provider that this page does not know: none, and the account can't be set up here. */
export const fieldsOf = (channel: string, provider: string): Field[] => FIELDS[`${channel} ${provider}`] ?? []

/** The settings to send; undefined when nothing was typed: those that are kept stay. */
export function configOf(fields: Field[], typed: Record<string, string>): Record<string, unknown> | undefined {
  const given = fields.filter((of) => (typed[of.name] ?? '').trim())
  if (!given.length) return undefined
  const config: Record<string, unknown> = {}
  for (const of of given) {
    const value = of.number ? Number(typed[of.name]) : typed[of.name]!.trim()
    const [name, inner] = of.name.split('.')
    if (inner) config[name!] = { [inner]: value }
    else config[name!] = value
  }
  return config
}

/** Settings are kept as a whole: whoever types one of them types all. */
export function missing(fields: Field[], typed: Record<string, string>, kept: boolean): Field[] {
  const needed = fields.filter((of) => !of.optional)
  const empty = needed.filter((of) => !(typed[of.name] ?? '').trim())
  const untouched = fields.every((of) => !(typed[of.name] ?? '').trim())
  return kept && untouched ? [] : empty
}

/** `thing1={child}` in lines, as somebody types it. */
export function fieldsFrom(text: string): Record<string, string> {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
  return Object.fromEntries(
    lines.map((line) => {
      const at = line.indexOf('=')
      return at < 0 ? [line, ''] : [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    }),
  )
}

export const textOf = (fields: Record<string, string>) =>
  Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join('\n')
