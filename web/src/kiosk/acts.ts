// Names of acts. The agent overlooks a name that it knows, so one press is one act, however often it arrives.
import { newId } from '@/shared/ids'
import type { Act, Named } from './wire'

/** A hand that presses twice does it within this time, also when the screen has changed in between. */
export const TWICE_MS = 600
/** On a picture that did not change in this time, the same press is a new wish: print that again. */
export const SAME_MS = 3_000
/** A choice that has just come up was not read yet: a press that was meant for the screen before must not answer it. */
export const UNREAD_MS = 400

const REPEATS: Act['type'][] = ['key', 'dish', 'scan', 'search', 'volume']

/** Digits and dishes count each press; everything else is wanted once. */
export function repeats(act: Act): boolean {
  return REPEATS.includes(act.type) && !(act.type === 'key' && act.key === 'enter')
}

/** Gives the same wish the same name: pressed again on the same picture, or within the time of a double press. */
export class Names {
  private last: { what: string; seq: number; at: number; id: string } | null = null

  constructor(private readonly make: () => string = newId) {}

  name(act: Act, seq: number, at: number): Named {
    if (repeats(act)) return { id: this.make(), act }
    const what = JSON.stringify(act)
    const last = this.last
    const within = last?.seq === seq ? SAME_MS : TWICE_MS
    const again = last !== null && last.what === what && at - last.at < within
    const id = again ? last.id : this.make()
    this.last = { what, seq, at, id }
    return { id, act }
  }
}
