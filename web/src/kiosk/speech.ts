// Which pieces of the sprite a result is spoken with, and when each one begins.

/** Where each word lies in the sprite: start and length in milliseconds. */
export type Places = Record<string, [start: number, length: number]>

export interface Piece {
  at: number
  start: number
  length: number
}

/** Between two words: short, or twelve yuan take too long at a counter. */
const BREATH_MS = 40

/** A word without a clip is left out: half a sentence is better than a spelled one. */
export function pieces(words: string[], places: Places, beginning: number): Piece[] {
  let at = beginning
  const found: Piece[] = []
  for (const word of words) {
    const place = places[word]
    if (!place) continue
    found.push({ at, start: place[0], length: place[1] })
    at += place[1] + BREATH_MS
  }
  return found
}
