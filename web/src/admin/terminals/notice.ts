// When a notice of the idle screen is shown. Pure.
import type { Schemas } from '@/shared/api/client'

export type Notice = Schemas['TerminalNotice']
export type Standing = 'showing' | 'planned' | 'over'

/** As the terminal does it: from its beginning on, and before its end. */
export function standing(of: Notice, now: number): Standing {
  if (of.to && Date.parse(of.to) <= now) return 'over'
  return of.from && Date.parse(of.from) > now ? 'planned' : 'showing'
}

/** 2026-11-24 12:05, as the picker has it: China's, whatever zone the browser is in. */
export const picked = (at: string | null | undefined) => (at ? at.slice(0, 16).replace('T', ' ') : '')
export const at = (picked: string) => (picked ? `${picked.replace(' ', 'T')}:00+08:00` : null)
