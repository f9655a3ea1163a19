// Makes lines of what a serial scanner sends: it comes in pieces of any length, each code ended by CR, LF or both.

/** The longest code has 470 digits; what is longer is noise, or another device than a scanner. */
export const LINE_CHARS_MAX = 4096

export type Line =
  | { kind: 'line'; text: string }
  /** Too long, or its end never came. */
  | { kind: 'broken' }

export class Lines {
  private rest = ''
  private tooLong = false

  /** A piece; gives what ended in it. */
  hear(piece: string): Line[] {
    const parts = piece.split(/[\r\n]/)
    const last = parts.pop()!
    const ended = parts.flatMap((part) => {
      this.add(part)
      return this.end()
    })
    this.add(last)
    return ended
  }

  /** Nothing more came: a line without an end must not become the beginning of the next one. */
  flush(): Line[] {
    const held = this.holding()
    this.rest = ''
    this.tooLong = false
    return held ? [{ kind: 'broken' }] : []
  }

  holding(): boolean {
    return this.tooLong || this.rest !== ''
  }

  private add(part: string) {
    this.tooLong ||= this.rest.length + part.length > LINE_CHARS_MAX
    this.rest = this.tooLong ? '' : this.rest + part
  }

  private end(): Line[] {
    if (this.tooLong) return this.flush()
    const text = this.rest.trim()
    this.rest = ''
    return text ? [{ kind: 'line', text }] : []
  }
}
