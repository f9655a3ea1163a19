// Words in a box of paper: smaller first, then in lines, never cut. Names have from two signs to forty.

/** Millimetres of paper, and sizes of type in points. */
export interface Box {
  width: number
  height: number
  /** The size that is wished for. */
  most: number
  /** One line is kept down to this size; below it there are several lines. */
  least: number
}

export interface Fitted {
  size: number
  lines: string[]
}

export const MM_PER_PT = 25.4 / 72
export const LINE_HEIGHT = 1.2
const STEP_PT = 0.5
/** Several lines look as one text when they are not much larger than the smallest single one. */
const LINES_LARGER = 1.25
const SMALLEST_PT = 2
/** Printers and screens round the width of letters differently. */
const SLACK = 0.97

/** `em` is the width of a text in its own size of type. */
export function fit(text: string, box: Box, em: (text: string) => number): Fitted {
  const width = box.width * SLACK
  const high = (lines: number, size: number) => lines * size * MM_PER_PT * LINE_HEIGHT <= box.height
  const whole = em(text)
  for (let size = box.most; size >= box.least; size -= STEP_PT) {
    if (whole * size * MM_PER_PT <= width && high(1, size)) return { size, lines: [text] }
  }
  let size = Math.min(box.most, box.least * LINES_LARGER)
  for (; size > SMALLEST_PT; size -= STEP_PT) {
    const lines = wrap(text, width / (size * MM_PER_PT), em)
    if (high(lines.length, size)) return { size, lines: even(lines, text, width / (size * MM_PER_PT), em) }
  }
  return { size: SMALLEST_PT, lines: wrap(text, width / (SMALLEST_PT * MM_PER_PT), em) }
}

const signs = new Intl.Segmenter('zh', { granularity: 'grapheme' })

/** As many lines, of about the same length: one sign alone on the last line looks like a mistake. */
function even(lines: string[], text: string, width: number, em: (text: string) => number): string[] {
  let best = lines
  for (let narrower = width * 0.95; narrower > width / 2; narrower -= width * 0.05) {
    const now = wrap(text, narrower, em)
    if (now.length > lines.length) break
    best = now
  }
  return best
}

/** These never begin a line: they stay with the sign before them. */
const CLOSING = /^[，。；：、！？）】》”’…·,.;:!?)\]%]/u

function pieces(word: string): string[] {
  const all: string[] = []
  for (const { segment } of signs.segment(word)) {
    if (all.length && CLOSING.test(segment)) all[all.length - 1] += segment
    else all.push(segment)
  }
  return all
}

/** Lines of at most so many ems. Breaks after a dot or a space where it can, otherwise between any two signs. */
function wrap(text: string, width: number, em: (text: string) => number): string[] {
  const lines: string[] = []
  let line = ''
  const put = (piece: string) => {
    const longer = line + piece
    if (em(longer.trimEnd()) <= width) {
      line = longer
      return true
    }
    return false
  }
  for (const word of text.match(/[^·\s-]*[·\s-]?/gu) ?? []) {
    if (!word || put(word)) continue
    if (line) lines.push(line.trim())
    line = ''
    for (const piece of pieces(word)) {
      if (put(piece)) continue
      if (line) lines.push(line)
      line = piece
    }
  }
  if (line.trim()) lines.push(line.trim())
  return lines
}

let pen: CanvasRenderingContext2D | null = null

/** Measures with the letters of the page. */
export function widthOf(weight: number): (text: string) => number {
  pen ??= document.createElement('canvas').getContext('2d')
  const of = pen
  if (!of) return (text) => text.length
  const font = `${weight} 100px ${getComputedStyle(document.body).fontFamily}`
  return (text) => {
    of.font = font
    return of.measureText(text).width / 100
  }
}
