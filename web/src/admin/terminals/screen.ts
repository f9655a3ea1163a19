// What stands on the terminals' screens, as the page knows it.
import { api, ask, type Schemas } from '@/shared/api/client'
import { here } from '@/shared/session'
import type { View } from '@/kiosk/wire'
import type { Notice } from './notice'

export type Screen = Schemas['TerminalScreen']
export const NOTICES_MAX = 10
export const ZH_MAX = 60
export const EN_MAX = 120

const path = '/api/v1/schools/{school}/terminal-screen' as const
export const readScreen = () => ask(api.GET(path, { params: { path: here() } }))
export const putScreen = (screen: Screen) => ask(api.PUT(path, { params: { path: here() }, body: screen }))

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
      unsent_sales: 0,
      oldest_unsent: null,
      mirror_age_ms: 0,
      clock_doubt: false,
      neighbours: 0,
    },
    shop: { ...shop, canteen: '', terminal: '' },
    mode: 'dish',
    modes: ['dish'],
    keyed: '',
    total: 0,
    lines: [],
    dishes_version: 0,
    cashiers: [],
    recent: [],
    found: [],
    classes: [],
    devices: [],
    alarms: [],
    customer_screen: true,
    notices: notices.map((of) => ({ zh: of.zh, en: of.en })),
    volume: 0,
  }
}
