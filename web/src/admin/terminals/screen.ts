// What stands on the terminals' screens, as the page knows it.
import { api, ask, type Schemas } from '@/shared/api/client'
import { here } from '@/shared/session'
import type { View } from '@/kiosk/wire'

export type Screen = Schemas['TerminalScreen']
export type Notice = Schemas['TerminalNotice']
export type Standing = 'showing' | 'planned' | 'over'
export const NOTICES_MAX = 10
export const ZH_MAX = 60
export const EN_MAX = 120

const path = '/api/v1/schools/{school}/terminal-screen' as const
export const readScreen = () => ask(api.GET(path, { params: { path: here() } }))
export const putScreen = (screen: Screen) => ask(api.PUT(path, { params: { path: here() }, body: screen }))

/** As the terminal does it: from its beginning on, and before its end. */
export function standing(of: Notice, now: number): Standing {
  if (of.to && Date.parse(of.to) <= now) return 'over'
  return of.from && Date.parse(of.from) > now ? 'planned' : 'showing'
}

/** 2026-11-24 12:05, as the picker has it: China's, whatever zone the browser is in. */
export const picked = (at: string | null | undefined) => (at ? at.slice(0, 16).replace('T', ' ') : '')
export const at = (picked: string) => (picked ? `${picked.replace(' ', 'T')}:00+08:00` : null)

/** The idle customer screen with these notices, drawn by the terminal's own page. */
export function idle(notices: Notice[], shop: { school: string; stall: string }, now: number): View {
  return {
    seq: 0,
    screen: 'idle',
    now,
    language: 'zh',
    training: false,
    link: {
      state: 'online',
      since: now,
      last_sync: now,
      unsent: 0,
      oldest_unsent: null,
      mirror_age_ms: 0,
      clock_doubt: false,
    },
    shop: { ...shop, canteen: '', terminal: '' },
    mode: 'dish',
    modes: ['dish'],
    total: 0,
    lines: [],
    notices: notices.map((of) => ({ zh: of.zh, en: of.en })),
    volume: 0,
  }
}
