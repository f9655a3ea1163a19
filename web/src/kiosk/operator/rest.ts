// A single screen that nobody touches shows what a customer's screen shows all day: welcome and the school's notices.
import { type Ref, onBeforeUnmount, ref, watch } from 'vue'

export const REST_MS = 30_000

/** True while the screen rests. A touch only wakes it; a key wakes it and does what it does. */
export function useRest(may: () => boolean): Ref<boolean> {
  const asleep = ref(false)
  let timer = 0
  function wait() {
    window.clearTimeout(timer)
    asleep.value = false
    if (may()) timer = window.setTimeout(() => (asleep.value = may()), REST_MS)
  }
  const events = ['pointerdown', 'keydown'] as const
  for (const of of events) window.addEventListener(of, wait, true)
  watch(may, wait, { immediate: true })
  onBeforeUnmount(() => {
    window.clearTimeout(timer)
    for (const of of events) window.removeEventListener(of, wait, true)
  })
  return asleep
}
