// The till: holds the state and what the server says about the stall. Screens tell it events and draw what follows.
import { computed, ref, shallowRef, watch } from 'vue'
import { Unreachable, api, ask, type Schemas } from '@/shared/api/client'
import { nowText } from '@/shared/days'
import { newId } from '@/shared/ids'
import { here } from '@/shared/session'
import { type Event, type Payer, type State, type Tray, emptyTray, step } from './checkout'
import { send, setAside } from './sending'
import { unanswered } from './pending'

export type Setup = Schemas['CounterSetup']
export type Purchase = Schemas['Purchase']

const STALL = 'yitong.stall'
const TRAY = 'yitong.tray'
const TILL = 'yitong.till'
const DRIFT_MS = 60_000

export const setup = shallowRef<Setup | null>(null)
export const recent = shallowRef<Purchase[]>([])
export const state = shallowRef<State>({ kind: 'pricing', tray: emptyTray('dish', null), notice: null })
export const online = ref(true)
/** Minutes that this machine's clock is away from the server's; 0 when it hardly is. */
export const drift = ref(0)
export const stallId = ref(localStorage.getItem(STALL) ?? '')
/** The name of this window, the same after a reload. */
export const tillId = sessionStorage.getItem(TILL) ?? newId()
sessionStorage.setItem(TILL, tillId)

export const tray = computed(() => {
  const of = state.value
  return of.kind === 'pricing' || of.kind === 'failed' ? of.tray : of.kind === 'paid' ? of.next : of.pending.tray
})

export function tell(event: Event) {
  const before = state.value
  state.value = step(before, event)
  if (before.kind === 'sending' && event.kind === 'set_aside') setAside(before.pending)
  if (state.value.kind === 'sending' && before.kind !== 'sending')
    void send(state.value.pending, state.value.silent)
}

const readSetup = async (stall: string) => {
  const path = { ...here(), stall }
  const of = await ask(api.GET('/api/v1/schools/{school}/counter/{stall}', { params: { path } }))
  const away = Date.now() - Date.parse(of.server_time)
  drift.value = Math.abs(away) > DRIFT_MS ? Math.round(away / 60_000) : 0
  setup.value = of
  online.value = true
  return of
}

export async function openStall(stall: string) {
  const of = await readSetup(stall)
  stallId.value = stall
  localStorage.setItem(STALL, stall)
  const fixed = of.fixed_price?.fen ?? null
  const mode = (of.modes.includes('dish') ? 'dish' : of.modes[0]) as 'dish'
  state.value = { kind: 'pricing', tray: keptTray(of) ?? emptyTray(mode, fixed), notice: null }
  tell({ kind: 'menu', dishes: of.dishes, fixed })
  // Sales that were on their way when a page was closed are asked about again under the same names.
  const [first, ...others] = unanswered(localStorage, tillId, stall, Date.now())
  if (first) tell({ kind: 'resume', pending: first })
  for (const pending of others) void send(pending, true)
  await readRecent()
}

/** What lay on the tray before a reload, or before a new sign-in at the same stall. */
function keptTray(of: Setup): Tray | null {
  const kept = sessionStorage.getItem(TRAY)
  if (!kept) return null
  const { stall, tray } = JSON.parse(kept) as { stall: string; tray: Tray }
  return stall === of.stall.id && of.modes.includes(tray.mode) ? tray : null
}

watch(tray, (of) => {
  if (setup.value) sessionStorage.setItem(TRAY, JSON.stringify({ stall: setup.value.stall.id, tray: of }))
})

export function leaveStall() {
  setup.value = null
  stallId.value = ''
  localStorage.removeItem(STALL)
  sessionStorage.removeItem(TRAY)
}

/** The menu, prices and the meal period change during a day; a tray that is being filled follows them. */
export async function refresh() {
  const of = setup.value
  if (!of) return
  try {
    const now = await readSetup(of.stall.id)
    tell({ kind: 'menu', dishes: now.dishes, fixed: now.fixed_price?.fen ?? null })
  } catch (error) {
    if (error instanceof Unreachable) online.value = false
  }
}

export async function readRecent() {
  if (!stallId.value) return
  try {
    const path = { ...here(), stall: stallId.value }
    recent.value = (
      await ask(api.GET('/api/v1/schools/{school}/counter/{stall}/recent', { params: { path } }))
    ).items
  } catch (error) {
    if (error instanceof Unreachable) online.value = false
  }
}

export function pay(payer: Payer) {
  if (!setup.value) return
  tell({ kind: 'pay', payer, id: newId(), at: nowText(), stall: setup.value.stall.id })
}

export function collectLater() {
  tell({ kind: 'collect_later', id: newId(), at: nowText() })
}

/** One name for the undo of a sale, however often it is asked for. */
const undoIds = new Map<string, string>()

export async function undo(purchase: Purchase, reason: string) {
  const id = undoIds.get(purchase.id) ?? newId()
  undoIds.set(purchase.id, id)
  const params = { path: { ...here(), id: purchase.id } }
  await ask(api.PUT('/api/v1/schools/{school}/purchases/{id}/reversal', { params, body: { id, reason } }))
  await readRecent()
}

export async function findPeople(q: string) {
  const found = await ask(
    api.GET('/api/v1/schools/{school}/counter/people', { params: { path: here(), query: { q } } }),
  )
  return found.items
}
