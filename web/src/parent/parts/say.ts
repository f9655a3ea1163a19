// One short word at the bottom of the screen, with a way back where there is one; and one question before what can't be
// taken back lightly.
import { ref, shallowRef } from 'vue'

export interface Said {
  text: string
  undo?: { label: string; run: () => void }
}

const PLAIN_MS = 3500
/** Whoever reads slowly or finds the button by a screen reader gets the time for it. */
const UNDO_MS = 20_000

export const saying = shallowRef<Said | null>(null)
let timer = 0

export function say(text: string, undo?: Said['undo']) {
  window.clearTimeout(timer)
  saying.value = undo ? { text, undo } : { text }
  timer = window.setTimeout(hush, undo ? UNDO_MS : PLAIN_MS)
}

export function hush() {
  window.clearTimeout(timer)
  saying.value = null
}

export interface Question {
  title: string
  text: string
  yes: string
  danger?: boolean
}

export const asked = shallowRef<Question | null>(null)
const answers = ref<((yes: boolean) => void)[]>([])

export function confirm(question: Question): Promise<boolean> {
  answer(false)
  asked.value = question
  return new Promise((resolve) => answers.value.push(resolve))
}

export function answer(yes: boolean) {
  asked.value = null
  answers.value.splice(0).forEach((resolve) => resolve(yes))
}
