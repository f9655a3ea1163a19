// A text as a QR code at level M with its quiet zone, as one path of a picture.
import { encode } from 'uqr'

/** Four modules on each side, as ISO/IEC 18004 wants. */
export const QUIET = 4

export interface Picture {
  /** Modules of a side, quiet zone included. */
  side: number
  path: string
}

export function picture(text: string): Picture {
  const { data, size } = encode(text, { ecc: 'M', border: 0 })
  const runs: string[] = []
  data.forEach((row, y) => {
    for (let x = 0; x < size; x += 1) {
      if (!row[x]) continue
      const from = x
      while (row[x + 1]) x += 1
      runs.push(`M${from + QUIET} ${y + QUIET}h${x - from + 1}v1h-${x - from + 1}z`)
    }
  })
  return { side: size + 2 * QUIET, path: runs.join('') }
}
