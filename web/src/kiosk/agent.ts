// The page's end of the agent: one stream of views, acts back. What is shown after a reload is what the agent says.
import { computed, ref, shallowRef, watch } from 'vue'
import { setLocale } from '@/shared/locale'
import { Names } from './acts'
import type { Act, Dish, Named, View } from './wire'

/** The agent speaks every 15 s even when nothing happens. */
const SILENCE_MS = 20_000
const AGAIN_MS = 1_000
const ACT_TIMEOUT_MS = 4_000

/** `turned`: what a single screen shows while it is turned to the customer. */
export type Side = 'operator' | 'customer' | 'turned'

const asked = new URLSearchParams(location.search)
const token = asked.get('token')
/** One screen shows both sides in turn. */
export const oneScreen = asked.get('one') === '1'

/** An address of the agent, with the token that this screen was opened with. */
export function address(path: string, more: Record<string, string> = {}): string {
  const query = new URLSearchParams({ ...more, ...(token ? { token } : {}) }).toString()
  return query ? `${path}?${query}` : path
}

/** A stream of views; `onView` hears each one, `onLost` that there is none. */
export function follow(side: Side, onView: (view: View) => void, onLost: (lost: boolean) => unknown) {
  let source: EventSource | null = null
  let timer = 0
  let dishes: Dish[] = []

  function connect() {
    source?.close()
    source = new EventSource(address('/api/view', { screen: side }))
    source.onmessage = ({ data }) => {
      const view = JSON.parse(String(data)) as View
      // They come only when they changed.
      dishes = view.dishes ?? dishes
      onView({ ...view, dishes })
      onLost(false)
      again(SILENCE_MS)
    }
    source.onerror = () => {
      onLost(true)
      again(AGAIN_MS)
    }
  }

  /** A browser gives up on a stream after some answers; we never do. */
  function again(ms: number) {
    window.clearTimeout(timer)
    timer = window.setTimeout(() => {
      onLost(true)
      connect()
      again(SILENCE_MS)
    }, ms)
  }

  connect()
  again(SILENCE_MS)
  return () => {
    window.clearTimeout(timer)
    source?.close()
  }
}

export const view = shallowRef<View | null>(null)
/** No view arrives, or an act was not taken: nothing on the screen is true for certain. */
export const lost = ref(false)
/** When the view came, by the clock that never jumps. */
const came = ref(0)
const tick = ref(0)
/** The agent's clock. */
export const now = computed(() => (view.value?.now ?? 0) + Math.max(0, tick.value - came.value))

let side: Side = 'operator'
const names = new Names()

export function start(of: Side) {
  side = of
  window.setInterval(() => (tick.value = performance.now()), 500)
  follow(
    of,
    (next) => {
      came.value = tick.value = performance.now()
      view.value = next
    },
    (gone) => (lost.value = gone),
  )
}

/** The cashier's language is the agent's; on the customer's side it may be another for a while. */
export function followLanguage(chosen = () => view.value?.language) {
  watch(chosen, (language) => language && setLocale(language), { immediate: true })
}

/** Acts leave one after the other: 1, 2 must never arrive as 2, 1. */
let queue: Promise<unknown> = Promise.resolve()

/** Sends an act; `hear` gets its name. While the agent is lost, nothing is sent: nobody would see what came of it. */
export function act(what: Act, hear?: (id: string) => void): Promise<boolean> {
  if (lost.value || !view.value) return Promise.resolve(false)
  const named = names.name(what, view.value.seq, performance.now())
  hear?.(named.id)
  const sent = queue.then(() => send(named))
  queue = sent
  return sent
}

async function send(named: Named): Promise<boolean> {
  for (const last of [false, true]) {
    if (lost.value) return false
    try {
      const answer = await fetch(address('/api/acts', { screen: side }), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(named),
        signal: timeout(ACT_TIMEOUT_MS),
      })
      if (answer.ok) return true
      // It was heard and not wanted: the view says why, if there is anything to say.
      if (answer.status < 500) return false
    } catch {
      // Once more under the same name, then the screen says that nobody answers.
    }
    if (last) lost.value = true
  }
  return false
}

/** `AbortSignal.timeout` is younger than the oldest browser that a terminal may have. */
function timeout(ms: number): AbortSignal {
  const control = new AbortController()
  window.setTimeout(() => control.abort(), ms)
  return control.signal
}
