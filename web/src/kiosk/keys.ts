// What a key of the body's keypad, of a detached one or of a keyboard means on the cashier's side.
import type { Act, Key, View } from './wire'

export type Wish =
  | { kind: 'act'; act: Act }
  /** The first choice goes on, the last one is the safe one. */
  | { kind: 'choice'; which: 'first' | 'last' }
  | { kind: 'panel'; panel: Panel }
  | { kind: 'modes' }

export type Panel =
  'help' | 'search' | 'recent' | 'status' | 'shift' | 'settings' | 'lines' | 'more' | 'modes' | 'roster' | 'devices'

const KEYS: Record<string, Key> = {
  '.': '.',
  ',': '.',
  Decimal: '.',
  Enter: 'enter',
  Backspace: 'back',
  Delete: 'clear',
}

/** F5, F11 and F12 belong to the browser. */
const PANELS: Record<string, Panel> = {
  F1: 'help',
  F2: 'modes',
  F3: 'search',
  F4: 'recent',
  F7: 'shift',
  F8: 'status',
  F10: 'settings',
  '/': 'search',
}

/** What a key means now, or nothing. */
export function wishOf(key: string, view: Pick<View, 'screen'>): Wish | null {
  const choosing = view.screen === 'question'
  if (key === '+') return choosing ? { kind: 'choice', which: 'first' } : { kind: 'act', act: { type: 'pay' } }
  if (key === '-' || key === 'Escape') {
    return choosing ? { kind: 'choice', which: 'last' } : { kind: 'act', act: { type: 'cancel' } }
  }
  if (key === 'F6') return { kind: 'act', act: { type: 'balance' } }
  if (key === 'F9') return { kind: 'act', act: { type: 'print_last' } }
  const panel = PANELS[key]
  if (panel) return { kind: 'panel', panel }
  // A question is answered by a choice alone: a digit that comes too late must not answer it, nor Enter pressed twice.
  if (choosing) return null
  const digit = /^[0-9]$/.test(key) ? (key as Key) : KEYS[key]
  return digit ? { kind: 'act', act: { type: 'key', key: digit } } : null
}

/** The keys of the help page, in reading order; the words are messages. */
export const HELP = [
  ['0–9 .', 'help_digits'],
  ['Enter ↵', 'help_enter'],
  ['⌫', 'help_back'],
  ['Del', 'help_clear'],
  ['+', 'help_plus'],
  ['− / Esc', 'help_minus'],
  ['F2', 'help_modes'],
  ['F3 /', 'help_search'],
  ['F4', 'help_recent'],
  ['F6', 'help_balance'],
  ['F7', 'help_shift'],
  ['F8', 'help_status'],
  ['F9', 'help_print'],
  ['F10', 'help_settings'],
] as const
