// Every key of the window goes through here: a scanner works wherever the focus is, a person's keys keep their meaning.
import { onBeforeUnmount, onMounted } from 'vue'
import { type Heard, type Known, SCAN_SIGNS_MIN, Scanner } from './scanner'

interface Ears extends Known {
  /** `back`: the keys from this mark on were the scanner's; they are taken back before anything else. */
  scan(text: string, back: number | null): void
  /** Signs that count for nothing; `clear`: what was typed before them is in doubt, too. */
  torn(back: number | null, clear: boolean): void
  inputMethod(on: boolean): void
  /** A person's key outside of inputs; true when it meant something. */
  key(key: string, mark: number): boolean
  /** Signs that may be a person's and are not counted yet. */
  held?(text: string): void
}

/** Longer than the gap between two signs, shorter than a person notices. */
const FLUSH_AFTER_MS = 25
/** A timer that comes so late was kept waiting with the keys: those that wait behind it are heard first. */
const LATE_MS = 20
const WAITS_MAX = 5

/** A keypad means its digits, also while NumLock is off and it says Home, Delete or an arrow. */
export function keyOf({ key, code }: Pick<KeyboardEvent, 'key' | 'code'>): string {
  if (/^[0-9.,]$/.test(key)) return key
  if (code === 'NumpadDecimal') return '.'
  return /^Numpad([0-9])$/.exec(code)?.[1] ?? key
}

/** `gap`: the longest time between two signs of this machine's scanner; a setting, so it may change any time. */
export function useKeyboard(ears: Ears, gap: () => number) {
  let timer = 0
  let typing = false
  /** In an input nothing is lost by a fast hand. */
  const known: Known = {
    dish: (text) => ears.dish?.(text) ?? false,
    hand: (text, ended) => (typing && !ended) || (ears.hand?.(text, ended) ?? false),
  }
  let scanner = new Scanner(gap(), known)
  /** The input that had the focus when the signs began, and what was in it. */
  let before: { input: HTMLInputElement; value: string } | null = null
  let swallowed: number[] = []

  function say(heard: Heard[], event?: KeyboardEvent) {
    for (const of of heard) {
      if (of.kind === 'scan') {
        restore()
        ears.inputMethod(false)
        ears.scan(of.text, of.back)
      } else if (typing || of.kind === 'input_method') {
        continue
      } else if (of.kind === 'torn') {
        ears.torn(of.back, of.clear)
      } else if (ears.key(of.key, of.mark) && event && of.key === keyOf(event)) {
        event.preventDefault()
      }
    }
    ears.held?.(typing ? '' : scanner.held())
  }

  /** What a scanner typed into an input is taken out again. */
  function restore() {
    if (!before) return
    before.input.value = before.value
    before.input.dispatchEvent(new Event('input', { bubbles: true }))
    before = null
  }

  function down(event: KeyboardEvent) {
    if (event.ctrlKey || event.altKey || event.metaKey) return
    // A key that is held down repeats as fast as a scanner types.
    if (event.repeat && (event.key.length === 1 || event.key === 'Enter')) return
    if (scanner.gap !== gap()) scanner = new Scanner(gap(), known)
    const input = event.target instanceof HTMLInputElement ? event.target : null
    const held = scanner.holding()
    typing = input !== null
    const heard = scanner.hear(input ? event.key : keyOf(event), event.timeStamp)
    if (heard.some((of) => of.kind === 'input_method')) {
      // Somebody may write Chinese into an input; nobody does so as fast as a scanner, or outside of one.
      swallowed = [...swallowed.slice(1 - SCAN_SIGNS_MIN), event.timeStamp]
      const fast = event.timeStamp - swallowed[0]! <= scanner.gap * SCAN_SIGNS_MIN
      if (!input || (swallowed.length >= SCAN_SIGNS_MIN && fast)) ears.inputMethod(true)
    }
    if (input && !held && event.key.length === 1) before = { input, value: input.value }
    if (input && event.key === 'Escape') input.blur()
    // The end of a scan presses nothing, whatever has the focus; nor does a space within one.
    const persons = heard.some((of) => (of.kind === 'key' && of.key === 'Enter') || (typing && of.kind === 'torn'))
    if ((event.key === 'Enter' && !persons) || (event.key === ' ' && held && !input)) {
      event.preventDefault()
      event.stopPropagation()
    }
    // Whose sign it is shows a moment later: until then a browser must not open its own search.
    if (!input && event.key === '/') event.preventDefault()
    say(heard, event)
    window.clearTimeout(timer)
    if (scanner.holding()) wait()
  }

  /** After a pause it is certain whose the signs were, provided that no later ones wait to be heard. */
  function wait(times = 0) {
    const due = performance.now() + scanner.patience() + FLUSH_AFTER_MS
    timer = window.setTimeout(() => {
      if (performance.now() - due > LATE_MS && times < WAITS_MAX) wait(times + 1)
      else say(scanner.flush())
    }, due - performance.now())
  }

  /** A button that was touched must not answer to the next Enter. */
  function clicked(event: MouseEvent) {
    const active = document.activeElement
    if (event.detail > 0 && active instanceof HTMLButtonElement) active.blur()
  }

  onMounted(() => {
    window.addEventListener('keydown', down, true)
    window.addEventListener('click', clicked)
  })
  onBeforeUnmount(() => {
    window.removeEventListener('keydown', down, true)
    window.removeEventListener('click', clicked)
    window.clearTimeout(timer)
  })
}
