// The till: holds the state, talks to the server, keeps a sale that was not answered through a reload.
import { computed, ref, shallowRef } from 'vue'
import { ApiProblem, Unreachable, api, ask, type Schemas } from '@/shared/api/client'
import { nowText } from '@/shared/days'
import { newId } from '@/shared/ids'
import { wordsOf } from '@/shared/locale'
import { here } from '@/shared/session'
import { type Event, type Payer, type Pending, type State, bodyOf, emptyTray, step } from './checkout'
import { sound } from './sound'

export type Setup = Schemas['CounterSetup']
export type Purchase = Schemas['Purchase']

const PENDING = 'yitong.pending'
const STALL = 'yitong.stall'
const RETRY_MS = 1500

export const setup = shallowRef<Setup | null>(null)
export const recent = shallowRef<Purchase[]>([])
export const state = shallowRef<State>({ kind: 'pricing', tray: emptyTray('dish', null), notice: null })
export const online = ref(true)
export const stallId = ref(localStorage.getItem(STALL) ?? '')
export const tray = computed(() => {
  const of = state.value
  return of.kind === 'pricing' || of.kind === 'failed' ? of.tray : of.kind === 'paid' ? of.next : of.pending.tray
})

export function tell(event: Event) {
  const before = state.value
  state.value = step(before, event)
  if (state.value.kind === 'sending' && before.kind !== 'sending') void send(state.value.pending)
}

export async function openStall(stall: string) {
  setup.value = await ask(
    api.GET('/api/v1/schools/{school}/counter/{stall}', { params: { path: { ...here(), stall } } }),
  )
  stallId.value = stall
  localStorage.setItem(STALL, stall)
  const mode = (setup.value.modes.includes('dish') ? 'dish' : setup.value.modes[0]) as 'dish'
  state.value = { kind: 'pricing', tray: emptyTray(mode, setup.value.fixed_price?.fen ?? null), notice: null }
  await readRecent()
  resume(stall)
}

export function leaveStall() {
  setup.value = null
  localStorage.removeItem(STALL)
}

/** The menu and the meal period change during a day; a tray that is being filled stays. */
export async function refresh() {
  const of = setup.value
  if (!of) return
  try {
    const path = { ...here(), stall: of.stall.id }
    setup.value = await ask(api.GET('/api/v1/schools/{school}/counter/{stall}', { params: { path } }))
    online.value = true
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

/** A sale that was on its way when the page was closed: asked again under the same name. */
function resume(stall: string) {
  const kept = localStorage.getItem(PENDING)
  if (!kept) return
  const pending = JSON.parse(kept) as Pending
  if (pending.stall !== stall) return
  state.value = { kind: 'sending', pending, tries: 0, silent: true }
  void send(pending)
}

/** Asks until there is an answer. Nothing is guessed: silence is neither paid nor refused. */
async function send(pending: Pending) {
  localStorage.setItem(PENDING, JSON.stringify(pending))
  for (;;) {
    try {
      const path = { ...here(), id: pending.id }
      const body = bodyOf(pending)
      const outcome = await ask(api.PUT('/api/v1/schools/{school}/purchases/{id}', { params: { path }, body }))
      localStorage.removeItem(PENDING)
      online.value = true
      sound(outcome.outcome === 'paid' ? 'paid' : outcome.outcome === 'ask' ? 'ask' : 'refused')
      tell({ kind: 'answered', outcome })
      void readRecent()
      return
    } catch (error) {
      const silent = error instanceof Unreachable || (error instanceof ApiProblem && error.status >= 500)
      if (!silent) {
        localStorage.removeItem(PENDING)
        sound('refused')
        tell({ kind: 'rejected', words: wordsOf(error) })
        void refresh()
        return
      }
      online.value = false
      tell({ kind: 'silence' })
      await new Promise((done) => setTimeout(done, RETRY_MS))
    }
  }
}

export async function undo(purchase: Purchase, reason: string) {
  const path = { ...here(), id: purchase.id }
  await ask(
    api.PUT('/api/v1/schools/{school}/purchases/{id}/reversal', {
      params: { path },
      body: { id: newId(), reason },
    }),
  )
  await readRecent()
}

export async function findPeople(q: string) {
  const found = await ask(
    api.GET('/api/v1/schools/{school}/counter/people', { params: { path: here(), query: { q } } }),
  )
  return found.items
}
