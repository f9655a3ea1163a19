// The line on which the server says that something happened. It carries ids only; the page asks what they are.
import { onBeforeUnmount, ref, type Ref } from 'vue'
import { EVENTS } from '../server'

const KINDS = ['purchase', 'undo', 'topup', 'refund', 'transfer', 'loss', 'freeze', 'notice', 'refresh'] as const
export type Happened = (typeof KINDS)[number]

/** Tries again after these, the last one for ever: a server that comes back is not met by everybody at once. */
const AGAIN_MS = [1000, 3000, 8000, 20_000]
/** A line that a phone cut silently looks alive: what is shown is asked for again after this long. */
const QUIET_MS = 60_000

export function againAfter(tries: number, chance = Math.random()): number {
  const base = AGAIN_MS[Math.min(tries, AGAIN_MS.length - 1)]!
  return Math.round(base * (0.75 + chance / 2))
}

export type Line = 'connecting' | 'live' | 'lost'

/** Calls `then` when something happened, and when the page may have missed something. */
export function useLive(then: (what: Happened | 'again') => void): Ref<Line> {
  const live = ref<Line>('connecting')
  let source: EventSource | null = null
  let timer = 0
  let tries = 0
  let heard = Date.now()

  function open() {
    window.clearTimeout(timer)
    source?.close()
    const line = new EventSource(EVENTS)
    source = line
    line.onopen = () => {
      // After a break nobody knows what was missed.
      if (tries) then('again')
      tries = 0
      live.value = 'live'
      heard = Date.now()
    }
    for (const kind of KINDS) {
      line.addEventListener(kind, () => {
        heard = Date.now()
        then(kind)
      })
    }
    line.onerror = () => {
      if (source !== line) return
      line.close()
      live.value = 'lost'
      timer = window.setTimeout(open, againAfter(tries))
      tries += 1
    }
  }

  const seen = () => {
    if (document.visibilityState !== 'visible') return
    if (live.value === 'lost') open()
    then('again')
  }
  const quiet = window.setInterval(() => {
    if (document.visibilityState !== 'visible' || Date.now() - heard < QUIET_MS) return
    heard = Date.now()
    then('again')
  }, QUIET_MS / 4)
  document.addEventListener('visibilitychange', seen)
  window.addEventListener('online', open)
  open()
  onBeforeUnmount(() => {
    window.clearTimeout(timer)
    window.clearInterval(quiet)
    source?.close()
    source = null
    document.removeEventListener('visibilitychange', seen)
    window.removeEventListener('online', open)
  })
  return live
}
