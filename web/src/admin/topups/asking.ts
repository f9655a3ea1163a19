// A top-up on its way. Its name is made once and kept through every try, also when the page is loaded again: silence is
// not an answer, and asking again with the same name can't take the money twice.
import { ApiProblem } from '@/shared/api/client'

export interface Pending {
  id: string
  person: string
  /** Whole fen. */
  amount: number
  note: string
}

/** Answers that say: nothing was booked under this name by this request, and asking again changes nothing. */
const DEFINITE = [400, 404, 409, 422]

/** A first try that was forbidden was never begun; after silence, an earlier one may have been booked all the same. */
export function isUnknown(error: unknown, first = false): boolean {
  if (!(error instanceof ApiProblem)) return true
  return !DEFINITE.includes(error.status) && !(first && error.status === 403)
}

/** Without a session or the right, asking again at once is useless; what became of the first try is still not known. */
function isLocked(error: unknown): boolean {
  return error instanceof ApiProblem && (error.status === 401 || error.status === 403)
}

export function pause(tries: number): number {
  return Math.min(1000 * 2 ** (tries - 1), 10_000)
}

export interface Desk<T> {
  send: (pending: Pending) => Promise<T>
  /** Called after each try that was not answered. */
  silent: (tries: number) => void
  wait: (ms: number) => Promise<void>
  /** False when the page was left: what is pending stays kept. */
  open: () => boolean
}

/** Asks until there is an answer. Gives null when the page was left first; throws a definite refusal. */
export async function settle<T>(pending: Pending, desk: Desk<T>): Promise<T | null> {
  for (let tries = 1; desk.open(); tries++) {
    try {
      return await desk.send(pending)
    } catch (error) {
      if (!isUnknown(error) || isLocked(error)) throw error
      desk.silent(tries)
      await desk.wait(pause(tries))
    }
  }
  return null
}

/** Kept by the browser for one user at one school, so that another cashier does not take it over. */
export class Kept {
  private readonly key: string

  constructor(
    school: string,
    user: string,
    private readonly storage: Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> = localStorage,
  ) {
    this.key = `yitong.topup.${school}.${user}`
  }

  get(): Pending | null {
    try {
      const of = JSON.parse(this.storage.getItem(this.key) ?? 'null') as Partial<Pending> | null
      const whole = of && of.id && of.person && Number.isSafeInteger(of.amount)
      return whole ? { id: of.id!, person: of.person!, amount: of.amount!, note: of.note ?? '' } : null
    } catch {
      return null
    }
  }

  set(pending: Pending | null) {
    if (pending) this.storage.setItem(this.key, JSON.stringify(pending))
    else this.storage.removeItem(this.key)
  }
}
