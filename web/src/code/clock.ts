// The time by which codes are made. The server's, measured at each fetch and carried on by a clock that nobody sets;
// the phone's own when there was no fetch since the page was opened.

/** From here on a code may be refused, and its owner is told. */
export const OFF_MS = 20_000
/** A phone that slept, or whose clock was set: what was measured before says nothing any more. */
const JUMP_MS = 2_000

interface Sources {
  wall: () => number
  steady: () => number
}

export class ServerClock {
  private measured: { server: number; wall: number; steady: number } | null = null

  constructor(private readonly of: Sources = { wall: () => Date.now(), steady: () => performance.now() }) {}

  /** An answer that said `server` came after a request of `tookMs`: it was written about half-way. */
  measure(server: number, tookMs: number) {
    this.measured = { server: server + tookMs / 2, wall: this.of.wall(), steady: this.of.steady() }
  }

  /** Whether the server's time is known; a jump of either clock since then ends that. */
  known(): boolean {
    if (!this.measured) return false
    const wall = this.of.wall() - this.measured.wall
    const steady = this.of.steady() - this.measured.steady
    return Math.abs(wall - steady) < JUMP_MS
  }

  now(): number {
    if (!this.measured || !this.known()) return this.of.wall()
    return this.measured.server + this.of.steady() - this.measured.steady
  }

  /** How far the phone's own clock is ahead of the server's (behind: negative); `null` when that is not known. */
  ahead(): number | null {
    return this.known() ? this.of.wall() - this.now() : null
  }
}
