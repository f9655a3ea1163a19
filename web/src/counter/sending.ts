// Asks about a sale until there is an answer. Nothing is guessed: silence is neither paid nor refused.
import { shallowRef } from 'vue'
import { ApiProblem, Unreachable, api, ask } from '@/shared/api/client'
import { nowText } from '@/shared/days'
import { wordsOf } from '@/shared/locale'
import { here } from '@/shared/session'
import { type Outcome, type Pending, bodyOf, questionOf, total } from './checkout'
import { t } from './messages'
import { forget, keep } from './pending'
import { sound } from './sound'
import { online, readRecent, recent, refresh, state, tell, tillId } from './till'

const RETRY_MS = 1500
const ANSWER_MS = 5000
const SHOWN_MS = 8000

/** A sale that the cashier set aside: still asked about, or what became of it. */
export interface Aside {
  id: string
  at: string
  fen: number
  became: 'waiting' | 'paid' | 'not_paid'
  words: string
}

export const aside = shallowRef<Aside[]>([])

export function dismiss(id: string) {
  aside.value = aside.value.filter((of) => of.id !== id)
}

function became(pending: Pending, how: Aside['became'], words = '') {
  const { id, at, tray } = pending
  const others = aside.value.filter((of) => of.id !== id)
  aside.value = [...others, { id, at, fen: total(tray), became: how, words }]
  if (how === 'paid') setTimeout(() => dismiss(id), SHOWN_MS)
}

/** From now on the list of what was set aside tells about it. */
export function setAside(pending: Pending) {
  became(pending, 'waiting')
}

/** A connection that is open but silent counts as no answer. */
async function put(pending: Pending): Promise<Outcome> {
  const stop = new AbortController()
  const timer = setTimeout(() => stop.abort(), ANSWER_MS)
  try {
    const params = { path: { ...here(), id: pending.id } }
    // When it was sold stays the same; when it is asked tells the server how right this clock is.
    const how = { params, body: { ...bodyOf(pending), sent_at: nowText() }, signal: stop.signal }
    return await ask(api.PUT('/api/v1/schools/{school}/purchases/{id}', how))
  } finally {
    clearTimeout(timer)
  }
}

const shownNow = (pending: Pending) => state.value.kind === 'sending' && state.value.pending.id === pending.id

/** `again`: an earlier page or try may have reached the server. */
export async function send(pending: Pending, again: boolean) {
  let tried = again
  for (;;) {
    keep(localStorage, tillId, pending, Date.now())
    try {
      answered(pending, await put(pending))
      return
    } catch (error) {
      // The session is over: the sale waits for the next sign-in, under its name.
      if (error instanceof ApiProblem && error.status === 401) return
      if (!silent(error)) return await rejected(pending, error, tried)
      tried = true
      online.value = false
      if (shownNow(pending)) tell({ kind: 'silence' })
      else became(pending, 'waiting')
      await new Promise((done) => setTimeout(done, RETRY_MS))
    }
  }
}

function silent(error: unknown): boolean {
  if (error instanceof Unreachable) return true
  return error instanceof ApiProblem && (error.status >= 500 || error.status === 429 || error.status === 408)
}

function answered(pending: Pending, outcome: Outcome) {
  forget(localStorage, pending.id)
  online.value = true
  void readRecent()
  if (shownNow(pending)) {
    sound(outcome.outcome === 'paid' ? 'paid' : outcome.outcome === 'ask' ? 'ask' : 'refused')
    return tell({ kind: 'answered', outcome })
  }
  const { refusal } = outcome
  const said = refusal ? (document.documentElement.lang === 'en' ? refusal.cashier_en : refusal.cashier_zh) : ''
  const words = outcome.ask && questionOf(outcome) === 'photo_check' ? t('aside_photo') : said
  became(pending, outcome.outcome === 'paid' ? 'paid' : 'not_paid', words)
  if (outcome.outcome !== 'paid') sound('refused')
}

/** Refused as a request. Had an earlier try reached the server, the list of the stall knows the sale. */
async function rejected(pending: Pending, error: unknown, tried: boolean) {
  if (tried) {
    await readRecent()
    const purchase = recent.value.find((of) => of.id === pending.id && of.status === 'paid')
    if (purchase) return answered(pending, { outcome: 'paid', purchase, trace: [] })
  }
  forget(localStorage, pending.id)
  online.value = true
  sound('refused')
  if (shownNow(pending)) tell({ kind: 'rejected', words: wordsOf(error) })
  else became(pending, 'not_paid', wordsOf(error))
  void refresh()
}
