// What is set at this machine and nowhere else: how long a result stays, how fast its scanner types, its sound.
import { reactive, watch } from 'vue'
import { GAP_MS } from './scanner'

export interface Settings {
  /** Seconds until the screen is ready for the next one; 0 waits for a key. */
  result_s: number
  scanner_gap_ms: number
  sound: boolean
}

export const RESULT_S = [0, 2, 3, 5, 8]
export const SCANNER_GAP_MS = [35, GAP_MS, 100]
const KEY = 'yitong.counter.settings'
const DEFAULT: Settings = { result_s: 3, scanner_gap_ms: GAP_MS, sound: true }

/** What was kept, as far as it makes sense. */
export function settingsOf(kept: string | null): Settings {
  let of: Partial<Settings> = {}
  try {
    of = (JSON.parse(kept ?? '{}') ?? {}) as Partial<Settings>
  } catch {
    // Somebody else's text under our name: the defaults serve.
  }
  return {
    result_s: RESULT_S.includes(of.result_s ?? -1) ? of.result_s! : DEFAULT.result_s,
    scanner_gap_ms: SCANNER_GAP_MS.includes(of.scanner_gap_ms ?? -1) ? of.scanner_gap_ms! : DEFAULT.scanner_gap_ms,
    sound: typeof of.sound === 'boolean' ? of.sound : DEFAULT.sound,
  }
}

export const settings = reactive(settingsOf(localStorage.getItem(KEY)))
watch(settings, (of) => localStorage.setItem(KEY, JSON.stringify(of)))
