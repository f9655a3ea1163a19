// How often the result is asked for: soon at first, then less and less, and never for ever.
const STEPS_S = [1, 1, 2, 2, 3, 5, 5, 8, 10, 15]
const LATER_S = 20
/** After ten minutes the page stops asking by itself and offers a button; messages tell the rest. */
const GIVE_UP_S = 600

/** Milliseconds until the next question, given how many were asked and for how long; `null`: no more by itself. */
export function nextAfter(asked: number, sinceMs: number): number | null {
  if (sinceMs >= GIVE_UP_S * 1000) return null
  return (STEPS_S[asked] ?? LATER_S) * 1000
}
