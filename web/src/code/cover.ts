// Hides the code when nobody should be looking: another window is in front, the page is printed, the screen is off. A
// page can't know that the whole screen is shared or filmed; docs/security.md says what bounds that.
import { onMounted, onUnmounted, ref } from 'vue'

export function useCover() {
  const covered = ref(document.visibilityState === 'hidden')
  const cover = () => (covered.value = true)
  const changed = () => document.visibilityState === 'hidden' && cover()
  onMounted(() => {
    document.addEventListener('visibilitychange', changed)
    for (const name of ['blur', 'pagehide', 'beforeprint']) window.addEventListener(name, cover)
  })
  onUnmounted(() => {
    document.removeEventListener('visibilitychange', changed)
    for (const name of ['blur', 'pagehide', 'beforeprint']) window.removeEventListener(name, cover)
  })
  return { covered, show: () => (covered.value = false) }
}

/** Keeps the screen on while the code is shown. Where a browser can't, the owner touches the screen. */
export function useBright(wanted: () => boolean) {
  let lock: WakeLockSentinel | null = null
  let ended = false
  async function settle() {
    if (ended || !wanted()) {
      await lock?.release().catch(() => {})
      lock = null
    } else if (!lock || lock.released) {
      lock = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null
    }
  }
  onUnmounted(() => {
    ended = true
    void settle()
  })
  return settle
}
