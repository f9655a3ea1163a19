// What is set at this machine and nowhere else: how long a result stays, its scanners, its sound.
import { reactive, watch } from 'vue'
import { GAP_MS } from '@/shared/scanner'

export interface Settings {
  /** Seconds until the screen is ready for the next one; 0 waits for a key. */
  result_s: number
  scanner_gap_ms: number
  sound: boolean
  /** Whether the camera reads codes, and which one; '' is the one that looks away from the cashier. */
  camera: boolean
  camera_id: string
  /** Whether a scanner at a serial port was connected; the browser itself remembers the port. */
  serial: boolean
  serial_baud: number
}

export const RESULT_S = [0, 2, 3, 5, 8]
export const SCANNER_GAP_MS = [35, GAP_MS, 100]
export const SERIAL_BAUD = [9600, 115200]
const KEY = 'yitong.counter.settings'
const DEFAULT: Settings = {
  result_s: 3,
  scanner_gap_ms: GAP_MS,
  sound: true,
  camera: false,
  camera_id: '',
  serial: false,
  serial_baud: 9600,
}

const oneOf = (of: number | undefined, all: number[], otherwise: number) =>
  all.includes(of ?? -1) ? of! : otherwise
const like = <T>(of: unknown, otherwise: T) => (typeof of === typeof otherwise ? (of as T) : otherwise)

/** What was kept, as far as it makes sense. */
export function settingsOf(kept: string | null): Settings {
  let of: Partial<Settings> = {}
  try {
    of = (JSON.parse(kept ?? '{}') ?? {}) as Partial<Settings>
  } catch {
    // Somebody else's text under our name: the defaults serve.
  }
  return {
    result_s: oneOf(of.result_s, RESULT_S, DEFAULT.result_s),
    scanner_gap_ms: oneOf(of.scanner_gap_ms, SCANNER_GAP_MS, DEFAULT.scanner_gap_ms),
    sound: like(of.sound, DEFAULT.sound),
    camera: like(of.camera, DEFAULT.camera),
    camera_id: like(of.camera_id, DEFAULT.camera_id),
    serial: like(of.serial, DEFAULT.serial),
    serial_baud: oneOf(of.serial_baud, SERIAL_BAUD, DEFAULT.serial_baud),
  }
}

export const settings = reactive(settingsOf(localStorage.getItem(KEY)))
watch(settings, (of) => localStorage.setItem(KEY, JSON.stringify(of)))
