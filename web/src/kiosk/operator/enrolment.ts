// The code that is typed at the first start: by touch or by a keyboard. What was typed stays until it is changed: a
// slip is mended, not typed again.
import { computed, ref } from 'vue'
import { act, view } from '../agent'

/** Crockford's alphabet: no letter that looks like a digit. */
export const SIGNS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** What the ninth character may be besides. */
export const CHECKS = '*~$=U'
export const LONG = 9
/** With what people type between the groups. The office's picture holds an address and is longer. */
export const TYPED_MAX = LONG + 3

export const typed = ref('')
const posting = ref(false)
/** The code was changed since the agent said what is wrong with it. */
const changed = ref(false)
export const sending = computed(() => posting.value || view.value?.setup?.busy === true)
/** Why the last try did not work, until somebody tries again. */
export const wrong = computed(() => (sending.value || changed.value ? null : (view.value?.setup?.wrong ?? null)))
export const complete = computed(() => typed.value.length === LONG)
/** In the groups that the office's page shows. */
export const shown = computed(() => typed.value.padEnd(LONG, '·').replace(/^(.{4})(.{4})/, '$1-$2-'))

/** The letters that look like digits are those digits. */
export function type(key: string): boolean {
  const sign = key.toUpperCase().replace('O', '0').replace(/[IL]/, '1')
  if (key === 'Enter') return (void send(typed.value), true)
  if (key === 'Backspace') typed.value = typed.value.slice(0, -1)
  else if (sign.length !== 1 || typed.value.length >= LONG) return false
  else if (SIGNS.includes(sign) || (typed.value.length === LONG - 1 && CHECKS.includes(sign))) typed.value += sign
  else return false
  changed.value = true
  return true
}

/** A typed code, or the text of the office's picture. */
export async function send(text: string) {
  if (sending.value || (text === typed.value && !complete.value)) return
  posting.value = true
  changed.value = false
  await act({ type: 'enrol', text })
  posting.value = false
}
