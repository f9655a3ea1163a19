// States of payment orders and refunds in words. An answer that is still to come is being confirmed: neither good nor
// bad.
import { t } from './messages'

type Kind = 'success' | 'info' | 'warning' | 'danger' | 'primary'

export const ORDER_STATES = {
  created: 'primary',
  paying: 'primary',
  unknown: 'warning',
  closing: 'warning',
  success: 'success',
  part_refunded: 'info',
  refunded: 'info',
  closed: 'info',
  failed: 'info',
  late_success: 'warning',
  applied: 'success',
  disputed: 'danger',
} as const satisfies Record<string, Kind>
export type OrderState = keyof typeof ORDER_STATES

export const REFUND_STATES = {
  asked: 'warning',
  declined: 'info',
  created: 'primary',
  sent: 'primary',
  processing: 'primary',
  done: 'success',
  closed: 'info',
  abnormal: 'danger',
} as const satisfies Record<string, Kind>
export type RefundState = keyof typeof REFUND_STATES

const ATTEMPT_STATES = ['new', 'sent', 'accepted', 'unknown', 'success', 'failed', 'closed'] as const
const WHATS = [
  'made',
  'created',
  'query',
  'notify',
  'close',
  'another_way',
  'refund_asked',
  'refund_approved',
  'refund_declined',
  'refund_again',
  'refund',
  'office',
] as const
export const KINDS = ['wechat', 'alipay', 'unionpay', 'chinaums'] as const
export type Channel = (typeof KINDS)[number]
const SCENES = ['in_app', 'mobile_web', 'qr'] as const
const OWN_REASONS = ['late', 'twice', 'no_account'] as const

/** The server's words for what every channel may say. */
const SAID = [
  'absent',
  'waiting',
  'paying',
  'paid',
  'refunded',
  'closed',
  'failed',
  'processing',
  'done',
  'abnormal',
] as const

/** The one of `known` that a word is; a server newer than this page may say more. */
function one<T extends string>(known: readonly T[], word: string): T | undefined {
  return known.find((of) => of === word)
}
const orderState = (word: string) => one(Object.keys(ORDER_STATES) as OrderState[], word)
const refundState = (word: string) => one(Object.keys(REFUND_STATES) as RefundState[], word)

export interface Tag {
  words: string
  kind: Kind
}

export function orderTag(word: string): Tag {
  const state = orderState(word)
  return state ? { words: t(`order_${state}`), kind: ORDER_STATES[state] } : { words: word, kind: 'info' }
}

/** What a state means for the money, in a sentence. */
export function orderAbout(word: string): string {
  const state = orderState(word)
  return state ? t(`order_${state}_about`) : ''
}

export function refundTag(word: string): Tag {
  const state = refundState(word)
  return state ? { words: t(`refund_${state}`), kind: REFUND_STATES[state] } : { words: word, kind: 'info' }
}

export function refundAbout(word: string): string {
  const state = refundState(word)
  return state ? t(`refund_${state}_about`) : ''
}

export function attemptWords(word: string): string {
  const state = one(ATTEMPT_STATES, word)
  return state ? t(`attempt_${state}`) : word
}

export function whatWords(word: string): string {
  const what = one(WHATS, word)
  return what ? t(`what_${what}`) : word
}

/** The channel's last word: in ours where every channel has it, else as the channel itself put it. */
export function saidWords(word: string): string {
  const said = one(SAID, word.toLowerCase())
  // The channel's own word stands beside ours: that is what its console and its support know.
  return said ? t('said_raw', { words: t(`said_${said}`), raw: word }) : word
}

/** Lines of history that hold a channel's word; others hold what somebody wrote. */
const FROM_CHANNEL = ['created', 'query', 'notify', 'close', 'refund_again']

/** What a line of history says: of a refund its two states and the channel's word. */
export function historyWords(what: string, word: string): string {
  const moved = what === 'refund' ? /^(\w+) → (\w+) ?(.*)$/s.exec(word) : null
  if (!moved) return FROM_CHANNEL.includes(what) ? saidWords(word) : word
  const states = `${refundTag(moved[1]!).words} → ${refundTag(moved[2]!).words}`
  return [states, saidWords(moved[3]!)].filter(Boolean).join(' · ')
}

export function kindWords(word: string): string {
  const kind = one(KINDS, word)
  return kind ? t(`kind_${kind}`) : word
}

export function sceneWords(word: string): string {
  const scene = one(SCENES, word)
  return scene ? t(`scene_${scene}`) : word
}

/** Why: in somebody's words, or in ours where a refund was made by itself. */
export function reasonWords(source: string | undefined, reason: string): string {
  const own = source === 'wallet' ? undefined : one(OWN_REASONS, reason)
  return own ? t(`own_${own}`) : reason
}
