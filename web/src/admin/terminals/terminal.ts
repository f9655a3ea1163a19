// A terminal as the pages know it: its words, and what is done to it.
import { api, ask, type Schemas } from '@/shared/api/client'
import { here } from '@/shared/session'
import { t } from './messages'

export type Terminal = Schemas['Terminal']
export type Alarm = Schemas['TerminalAlarm']
export const MODES = ['dish', 'amount', 'fixed', 'count', 'weigh', 'roster'] as const
/** Where a machine is fixed, and what it is made to withstand. */
export const MOUNTS = ['top', 'left', 'right', 'adhesive', 'stand'] as const
export const PROOFS = ['water', 'oil', 'fire', 'insects'] as const
export const STANDINGS = ['new', 'online', 'silent', 'revoked'] as const
export type Command = 'restart' | 'send_log' | 'locate' | 'pull_again'

const TAGS: Record<string, 'success' | 'warning' | 'info' | 'danger'> = {
  new: 'warning',
  online: 'success',
  silent: 'danger',
  revoked: 'info',
}
export const tagOf = (standing: string) => TAGS[standing] ?? 'info'

/** Words of a closed list of the server; what is new there is shown as it is. */
function words(prefix: string, known: readonly string[], word: string): string {
  return known.includes(word) ? t(`${prefix}${word}` as Parameters<typeof t>[0]) : word
}
const ALARMS = [
  'silent',
  'drift',
  'unsent',
  'stale',
  'disk',
  'battery',
  'part',
  'gap',
  'fork',
  'stranger',
  'signature',
  'aside',
  'over_lease',
  'noted',
]
const PARTS = ['scanner', 'nfc', 'printer', 'drawer', 'scale', 'light', 'keypad', 'camera', 'customer_screen']
const KINDS = [
  'opened',
  'intent',
  'confirmed',
  'sold',
  'refused',
  'given_up',
  'undone',
  'shift_opened',
  'shift_closed',
  'noted',
  'aside',
  'other',
]
const FINDINGS = ['short', 'late_loss', 'replaced', 'risk', 'replay', 'unended', 'twice']
export const standingWord = (word: string) => words('st_', STANDINGS, word)
export const modeWord = (word: string) => words('m_', MODES, word)
export const mountWord = (word: string) => words('mt_', MOUNTS, word)
export const proofWord = (word: string) => words('pr_', PROOFS, word)
export const alarmWord = (word: string) => words('a_', ALARMS, word)
export const partWord = (word: string) => words('pk_', PARTS, word)
export const partState = (word: string) => words('p_', ['ready', 'absent', 'trouble'], word)
export const kindWord = (word: string) => words('k_', KINDS, word)
export const findingWord = (word: string) => words('f_', FINDINGS, word)
export const commandWord = (word: string) => words('', ['restart', 'send_log', 'locate', 'pull_again'], word)

export function size(bytes: number): string {
  const mb = Math.round(bytes / 1_048_576)
  return mb >= 10_240 ? `${Math.round(mb / 1024)} GB` : `${mb} MB`
}

const at = (id: string) => ({ path: { ...here(), id } })

export function readTerminals(query: { q: string; canteen: string; standing: string }, cursor?: string) {
  const asked = {
    q: query.q.trim() || undefined,
    canteen: query.canteen || undefined,
    standing: query.standing || undefined,
    cursor,
  }
  return ask(api.GET('/api/v1/schools/{school}/terminals', { params: { path: here(), query: asked } }))
}
export const readTerminal = (id: string) =>
  ask(api.GET('/api/v1/schools/{school}/terminals/{id}', { params: at(id) }))
export const readHistory = (id: string) =>
  ask(api.GET('/api/v1/schools/{school}/terminals/{id}/history', { params: at(id) }))
export const readAlarms = () =>
  ask(api.GET('/api/v1/schools/{school}/terminal-alarms', { params: { path: here() } }))
export const makeCode = (id: string) =>
  ask(api.POST('/api/v1/schools/{school}/terminals/{id}/codes', { params: at(id) }))
export const revoke = (id: string) =>
  ask(api.POST('/api/v1/schools/{school}/terminals/{id}/revocation', { params: at(id) }))
export const command = (id: string, kind: Command) =>
  ask(api.POST('/api/v1/schools/{school}/terminals/{id}/commands', { params: at(id), body: { kind } }))

export interface TerminalForm {
  name: string
  stall: string
  mode: string
  screens: number
  profile: Schemas['TerminalProfile']
}
/** Adds a terminal, or changes the one with this id. Gives its id. */
export async function save(id: string | null, form: TerminalForm): Promise<string> {
  const profile = { ...form.profile, mount: form.profile.mount || null }
  const body = { ...form, profile, name: form.name.trim() }
  if (id) {
    await ask(api.PATCH('/api/v1/schools/{school}/terminals/{id}', { params: at(id), body }))
    return id
  }
  return (await ask(api.POST('/api/v1/schools/{school}/terminals', { params: { path: here() }, body }))).id
}
