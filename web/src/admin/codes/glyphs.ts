// Signs that this computer has no picture of: they would come out as empty boxes on every card they stand on.

const SIDE = 32
/** No font has this one: what is drawn for it is the box. */
const NEVER_ASSIGNED = '\u0378'
/** The signs of every Chinese font; only others are drawn to see whether they can be. */
const USUAL = /[\p{ASCII}\u00b7\u00c0-\u024f\u4e00-\u9fa5]/u

/**
 * Signs of these texts that are drawn as a box, each once. Where a browser draws a box of its own for each missing
 * sign, none is found: it's a help, not a promise.
 */
export function undrawable(texts: Iterable<string>, draw: (sign: string) => string): string[] {
  const rare = new Set<string>()
  for (const text of texts) for (const sign of text) if (!USUAL.test(sign)) rare.add(sign)
  if (!rare.size) return []
  const box = draw(NEVER_ASSIGNED)
  return [...rare].filter((sign) => draw(sign) === box)
}

/** A sign in the letters of the page, as the address of its picture. */
export function pictureOf(): (sign: string) => string {
  const canvas = document.createElement('canvas')
  canvas.width = canvas.height = SIDE
  const pen = canvas.getContext('2d', { willReadFrequently: true })
  if (!pen) return (sign) => sign
  pen.font = `${SIDE * 0.75}px ${getComputedStyle(document.body).fontFamily}`
  return (sign) => {
    pen.clearRect(0, 0, SIDE, SIDE)
    pen.fillText(sign, 0, SIDE * 0.8)
    return canvas.toDataURL()
  }
}
