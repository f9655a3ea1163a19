// The code that is typed at the first start: by touch or by a keyboard.
import { computed, ref } from 'vue'
import { act } from '../agent'

/** Crockford's alphabet: no letter that looks like a digit. */
export const SIGNS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
/** What the ninth character may be besides. */
export const CHECKS = '*~$=U'
export const LONG = 9

export const typed = ref('')
export const sending = ref(false)
/** The agent has the code; whether it was right shows by what the screen turns to. */
export const sent = ref(false)
export const complete = computed(() => typed.value.length === LONG)
/** In the groups that the office's page shows. */
export const shown = computed(() => typed.value.padEnd(LONG, '·').replace(/^(.{4})(.{4})/, '$1-$2-'))

/** The letters that look like digits are those digits. */
export function type(key: string): boolean {
  sent.value = false
  const sign = key.toUpperCase().replace('O', '0').replace(/[IL]/, '1')
  if (key === 'Backspace') typed.value = typed.value.slice(0, -1)
  else if (key === 'Enter') void send()
  else if (sign.length !== 1 || typed.value.length >= LONG) return false
  else if (SIGNS.includes(sign) || (typed.value.length === LONG - 1 && CHECKS.includes(sign))) typed.value += sign
  else return false
  return true
}

export async function send() {
  if (!complete.value || sending.value) return
  sending.value = true
  sent.value = await act({ type: 'enrol', text: typed.value })
  sending.value = false
}
