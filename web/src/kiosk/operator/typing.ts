// Keys and scans of the page, on their way to the agent. A digit is held until it is certain that a hand typed it; one
// that was taken for a hand's and was not is taken back, in the same breath as the scan it belongs to.
import { computed, ref } from 'vue'
import { act, view } from '../agent'
import type { Act } from '../wire'

/** So many keys can be taken back at most: more than come before it is known better. */
const KEPT = 64

/** Digits that may be a hand's: to be seen at once, not yet part of the price. */
export const held = ref('')
/** What went wrong with the last scan: it was not whole, or it and typed digits came together. */
export const muddle = ref<'broken_scan' | 'mixed_scan' | null>(null)
/** The names of the acts that brought the keys, by the numbers of the keys. */
const acts = new Map<number, string>()

export function sendKey(what: Act, mark: number) {
  void act(what, (id) => acts.set(mark, id))
  for (const old of acts.keys()) if (acts.size > KEPT) acts.delete(old)
}

/** The first key of those from this mark on that went to the agent. */
function since(mark: number | null): string | null {
  if (mark === null) return null
  for (const [of, id] of acts) if (of >= mark) return id
  return null
}

export function sendScan(text: string, back: number | null) {
  muddle.value = null
  void act({ type: 'scan', text, not_keyed: since(back) })
}

/** Nobody can say whose the signs were: they count for nothing, and the cashier is told. */
export function sendTorn(back: number | null, clear: boolean) {
  const from = since(back)
  const typed = Boolean(view.value?.keyed)
  if (clear) void act({ type: 'take_back', since: null })
  else if (from) void act({ type: 'take_back', since: from })
  muddle.value = clear && (typed || from) ? 'mixed_scan' : (muddle.value ?? 'broken_scan')
}

/** A dish's own code may be as short as a slip of a hand. */
const codes = computed(() => new Set((view.value?.dishes ?? []).map((dish) => dish.barcode)))
export const isDish = (text: string): boolean => codes.value.has(text)
