// The sales of a day. Today's come as events while the page is open; what was shown stays when the line breaks.
import { onBeforeUnmount, shallowReactive, watch, type Ref } from 'vue'
import { api, ask, type Schemas } from '@/shared/api/client'
import { here } from '@/shared/session'

export type Sales = Schemas['Sales']

export interface LiveSales {
  sales: Sales | null
  /** `still` is a day that is over. */
  link: 'connecting' | 'live' | 'lost' | 'still'
  /** When these numbers were told, in ms. */
  at: number
  problem: unknown
  reload: () => Promise<void>
}

/** A line that was closed by the other side is opened again after this long. */
const AGAIN_MS = 4000
/** A dead line can look like a quiet canteen: after this long without an event the numbers are asked for. */
const QUIET_MS = 30_000

/** `day` is empty for today. */
export function useLiveSales(day: Ref<string>): LiveSales {
  const state: LiveSales = shallowReactive({
    sales: null as Sales | null,
    link: 'connecting' as LiveSales['link'],
    at: 0,
    problem: null as unknown,
    reload: () => read(),
  })
  let source: EventSource | null = null
  let again = 0
  let turn = 0

  function take(sales: Sales, link: LiveSales['link']) {
    state.sales = sales
    state.at = Date.now()
    state.link = link
    state.problem = null
  }

  async function read() {
    const mine = ++turn
    const query = { day: day.value || undefined }
    try {
      const sales = await ask(api.GET('/api/v1/schools/{school}/sales', { params: { path: here(), query } }))
      if (mine === turn)
        take(sales, day.value ? 'still' : source?.readyState === EventSource.OPEN ? 'live' : 'lost')
    } catch (error) {
      if (mine !== turn) return
      state.problem = error
      if (!day.value) lose()
    }
  }

  function open() {
    source?.close()
    const line = new EventSource(`/api/v1/schools/${here().school}/sales/events`)
    source = line
    line.addEventListener('totals', (event) => {
      turn += 1
      take(JSON.parse((event as MessageEvent<string>).data) as Sales, 'live')
    })
    line.onerror = () => {
      if (source !== line) return
      lose()
      // Asked by the plain address, the server says why; a session that is over leads to the door.
      if (!state.problem) void read()
    }
  }

  function lose() {
    state.link = 'lost'
    window.clearTimeout(again)
    again = window.setTimeout(open, AGAIN_MS)
  }

  function close() {
    window.clearTimeout(again)
    source?.close()
    source = null
  }

  function begin() {
    close()
    state.problem = null
    state.sales = null
    state.link = 'connecting'
    if (day.value) void read()
    else open()
  }

  const offline = () => !day.value && lose()
  const online = () => !day.value && open()
  const quiet = window.setInterval(() => {
    if (!day.value && state.link === 'live' && Date.now() - state.at > QUIET_MS) void read()
  }, QUIET_MS / 3)
  window.addEventListener('offline', offline)
  window.addEventListener('online', online)
  watch(day, begin)
  begin()
  onBeforeUnmount(() => {
    turn += 1
    close()
    window.clearInterval(quiet)
    window.removeEventListener('offline', offline)
    window.removeEventListener('online', online)
  })
  return state
}
