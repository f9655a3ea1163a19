// This browser as somebody's phone: what it is now, and every way from one state to another.
import { shallowRef, ref } from 'vue'
import { COUNTER_MAX, dynamicCode, newDeviceKey } from '@yitong/code/device'
import { ApiProblem, Unreachable } from '@/shared/api/client'
import { ServerClock } from './clock'
import * as server from './server'
import * as store from './store'
import type { Kept, Stopped } from './store'

export type State =
  | { is: 'opening' }
  /** This browser can't keep a key; `why` is a message's key. */
  | { is: 'unable'; why: 'no_crypto' | 'no_store' }
  /** Not a phone. `said`: why it is none any more. */
  | { is: 'stranger'; said: unknown }
  /** The key was gone and comes back by itself at this moment of the wall clock. */
  | { is: 'returning'; at: number }
  /** It can show codes, or could if its credential were not over. */
  | { is: 'phone'; of: Kept }
  /** It is a phone, and the server says why it may show no code now. */
  | { is: 'stopped'; of: Kept; said: Stopped }

export const state = shallowRef<State>({ is: 'opening' })
/** The last fetch found no server. */
export const alone = ref(!navigator.onLine)
export const clock = new ServerClock()
/** Goes up with each answer that told the server's time. */
export const measured = ref(0)

/** These end the phone; others of the server's refusals stop it until they are over. */
const ENDS = ['phone_removed', 'phone_expired', 'phone_not_proved']
const STOPS = ['phone_lost', 'phones_not_allowed', 'person_left']
/** A phone that is looked at again and again asks no more often. */
const FETCH_EVERY_MS = 60_000

/** From what is kept; the network only adds to it. */
export async function open(ticket: boolean): Promise<void> {
  if (!globalThis.crypto?.subtle) return void (state.value = { is: 'unable', why: 'no_crypto' })
  let kept: Kept | null
  try {
    kept = await store.load()
  } catch {
    return void (state.value = { is: 'unable', why: 'no_store' })
  }
  if (kept) {
    state.value = stateOf(kept)
    return
  }
  if (ticket || !navigator.onLine) return void (state.value = { is: 'stranger', said: null })
  await comeBack(null)
}

function stateOf(of: Kept): State {
  return of.stopped ? { is: 'stopped', of, said: of.stopped } : { is: 'phone', of }
}

/** The browser lost the key, or this is a stranger: the cookie tells. */
async function comeBack(said: unknown): Promise<void> {
  try {
    const key = await newDeviceKey()
    await keep(key, () => server.enrol({ key }))
  } catch (error) {
    const wait = error instanceof ApiProblem && error.code === 'too_soon' ? Number(error.more['retry_after_s']) : 0
    if (wait > 0) {
      state.value = { is: 'returning', at: Date.now() + wait * 1000 }
      setTimeout(() => void comeBack(said), wait * 1000)
      return
    }
    const stranger = error instanceof ApiProblem && error.code === 'phone_not_proved'
    state.value = { is: 'stranger', said: said ?? (stranger ? null : error) }
  }
}

/** Throws what the server said, for the form to show. */
export async function enrol(wanted: Omit<server.Wanted, 'key'>): Promise<void> {
  const key = await newDeviceKey()
  await keep(key, () => server.enrol({ ...wanted, key }))
  // A browser that may clear what it keeps when space is short is asked not to.
  void navigator.storage?.persist?.().catch(() => {})
}

async function keep(key: CryptoKeyPair, fetching: () => Promise<server.Credential>) {
  const told = await timed(fetching)
  const of: Kept = { ...read(told), key, counter: 0, provedAt: 0, fetchedAt: clock.now(), stopped: null }
  await store.save(of)
  state.value = { is: 'phone', of }
}

/** The answer, with the server's time measured by it. */
async function timed(fetching: () => Promise<server.Credential>): Promise<server.Credential> {
  const from = performance.now()
  try {
    const told = await fetching()
    measure(Date.parse(told.server_time), performance.now() - from)
    alone.value = false
    return told
  } catch (error) {
    alone.value = error instanceof Unreachable
    throw error
  }
}

function measure(said: number, tookMs: number) {
  clock.measure(said, tookMs)
  measured.value += 1
}

function read(told: server.Credential) {
  return {
    device: told.device,
    credential: server.fromBase64(told.credential),
    startsMs: Date.parse(told.starts_at),
    endsMs: Date.parse(told.ends_at),
    phoneName: told.phone_name,
    personName: told.person_name,
    schoolName: told.school_name,
    officePhone: told.office_phone,
    useCapFen: told.use_cap.fen,
    totalCapFen: told.total_cap.fen,
    uses: told.uses,
  }
}

export const isOver = (of: Kept) => clock.now() >= of.endsMs || of.counter > COUNTER_MAX
const isHalfOver = (of: Kept) => clock.now() >= (of.startsMs + of.endsMs) / 2 || of.counter > COUNTER_MAX / 2

let fetching: Promise<void> | null = null

/** Fetches the next credential if it is time: `always` when somebody looks, else from half of its life on. */
export function refresh(when: 'always' | 'half'): Promise<void> {
  const now = state.value
  if (now.is !== 'phone' && now.is !== 'stopped') return Promise.resolve()
  const fresh = clock.known() && Math.abs(clock.now() - now.of.fetchedAt) < FETCH_EVERY_MS
  if (now.is === 'phone' && !isOver(now.of) && (fresh || (when === 'half' && !isHalfOver(now.of)))) {
    return Promise.resolve()
  }
  fetching ??= fetchNext(now.of).finally(() => (fetching = null))
  return fetching
}

async function fetchNext(of: Kept): Promise<void> {
  try {
    const told = await timed(() => proven(of))
    const next = read(told)
    const after = await store.renew((kept) => ({
      ...kept,
      ...next,
      // The server never goes back; a later credential counts from zero, the same one goes on.
      counter: next.startsMs > kept.startsMs ? 0 : kept.counter,
      fetchedAt: clock.now(),
      stopped: null,
    }))
    if (after) state.value = { is: 'phone', of: after }
  } catch (error) {
    if (!(error instanceof ApiProblem)) return
    if (STOPS.includes(error.code)) {
      const { status, code, zh, en } = error
      const after = await store.renew((kept) => ({ ...kept, stopped: { status, code, zh, en } }))
      if (after) state.value = stateOf(after)
    }
    if (ENDS.includes(error.code)) {
      await store.forget()
      await comeBack(error)
    }
  }
}

/** Signed for the server's time as far as it is known; a refusal says what it is, and then it is known. */
async function proven(of: Kept): Promise<server.Credential> {
  const sign = async (now: number) => {
    let at = 0
    await store.renew((kept) => ({ ...kept, provedAt: (at = Math.max(Math.round(now), kept.provedAt + 1)) }))
    return server.refresh(of.key.privateKey, of.device, at)
  }
  const from = performance.now()
  try {
    return await sign(clock.now())
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.code !== 'clock_off') throw error
    const said = Date.parse(String(error.more['server_time']))
    measure(said, performance.now() - from)
    // Proofs of a clock that ran ahead would keep all later ones out.
    await store.renew((kept) => ({ ...kept, provedAt: 0 }))
    return sign(clock.now())
  }
}

/**
 * The text of the next code; `null` when there is none to show. Its number is kept before it is given. `undefined`: the
 * store holds something else by now (another window, or the browser cleared it), and the state follows it.
 */
export async function nextCode(of: Kept): Promise<string | null | undefined> {
  if (isOver(of)) return null
  const counter = await store.takeCounter(of.device, of.startsMs).catch(() => null)
  if (counter === null) return void (await open(false))
  if (counter > COUNTER_MAX) return null
  return dynamicCode(of.credential, of.key.privateKey, clock.now(), counter)
}

export async function removeThis(of: Kept): Promise<void> {
  try {
    await server.remove(of.device)
  } catch (error) {
    // A phone that the server does not know by its cookie is forgotten all the same.
    if (!(error instanceof ApiProblem)) throw error
  }
  await store.forget()
  state.value = { is: 'stranger', said: null }
}
