// What is set at this screen and nowhere else: how its scanner types, and how much is spoken. Both screens of a machine
// share it, as far as they share a browser.
import { reactive, watch } from 'vue'
import { GAP_MS } from '@/shared/scanner'

export interface Settings {
  scanner_gap_ms: number
  speech: 'full' | 'short' | 'beep'
}

export const SCANNER_GAP_MS = [35, GAP_MS, 100]
export const SPEECH: Settings['speech'][] = ['full', 'short', 'beep']
const KEY = 'yitong.kiosk.settings'

/** What was kept, as far as it makes sense. */
export function settingsOf(kept: string | null): Settings {
  let of: Partial<Settings> = {}
  try {
    of = (JSON.parse(kept ?? '{}') ?? {}) as Partial<Settings>
  } catch {
    // Somebody else's text under our name: the defaults serve.
  }
  return {
    scanner_gap_ms: SCANNER_GAP_MS.find((ms) => ms === of.scanner_gap_ms) ?? GAP_MS,
    speech: SPEECH.find((how) => how === of.speech) ?? 'full',
  }
}

export const settings = reactive(settingsOf(localStorage.getItem(KEY)))
watch(settings, (of) => localStorage.setItem(KEY, JSON.stringify(of)))
window.addEventListener('storage', ({ key, newValue }) => {
  if (key === KEY) Object.assign(settings, settingsOf(newValue))
})
