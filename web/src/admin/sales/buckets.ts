// Five-minute totals as bars: quiet minutes between two sales are bars, too, or the axis would lie.
import type { Schemas } from '@/shared/api/client'

export type Bucket = Schemas['BucketSales']
export const BUCKET_MINUTES = 5
/** Ticks that still fit side by side on a phone. */
const TICKS_MAX = 6

export interface Tick {
  label: string
  /** Where, from 0 to 1. */
  at: number
}

const minuteOf = (clock: string) => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3, 5))
const two = (n: number) => String(n).padStart(2, '0')
const clockOf = (minute: number) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}`

/** From the first to the last sale, without holes. */
export function withoutHoles(buckets: Bucket[]): Bucket[] {
  const known = new Map(buckets.map((of) => [minuteOf(of.at), of]))
  const minutes = [...known.keys()]
  if (!minutes.length) return []
  const all: Bucket[] = []
  for (let at = Math.min(...minutes); at <= Math.max(...minutes); at += BUCKET_MINUTES) {
    all.push(known.get(at) ?? { at: clockOf(at), amount: { fen: 0 }, count: 0 })
  }
  return all
}

/** The bucket in which most was sold. */
export function busiest(buckets: Bucket[]): Bucket | null {
  return buckets.reduce<Bucket | null>((best, of) => (!best || of.amount.fen > best.amount.fen ? of : best), null)
}

/** Round clock times below the bars, as many as fit. */
export function ticks(bars: Bucket[]): Tick[] {
  const first = bars[0]
  if (!first) return []
  const from = minuteOf(first.at)
  const long = bars.length * BUCKET_MINUTES
  const step = [15, 30, 60, 120, 180, 240].find((step) => long / step <= TICKS_MAX) ?? 360
  const found: Tick[] = []
  for (let at = Math.ceil(from / step) * step; at < from + long; at += step) {
    found.push({ label: clockOf(at), at: (at - from) / long })
  }
  return found
}
