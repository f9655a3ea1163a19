// What the status bar says of a view: short texts, and how much each of them should worry somebody.
import { rmb } from '@/shared/money'
import { fill } from '@/shared/locale'
import type { View } from './wire'

export type Worry = 'good' | 'plain' | 'warn' | 'bad'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** China, whatever zone the machine is set to. */
const ZONE_MS = 8 * HOUR
/** A battery that hardly lasts through a lunch. */
const BATTERY_LOW = 20
const LEASE_ENDS_SOON_MS = 30 * MINUTE

/** 12:05 in China. */
export function clockOf(ms: number): string {
  return new Date(ms + ZONE_MS).toISOString().slice(11, 16)
}

/** 12:05 of today, 11-26 12:05 of another day. */
export function momentOf(ms: number, now: number): string {
  const text = new Date(ms + ZONE_MS).toISOString()
  const same = new Date(now + ZONE_MS).toISOString().slice(0, 10) === text.slice(0, 10)
  return same ? text.slice(11, 16) : text.slice(5, 16).replace('T', ' ')
}

export interface AgeWords {
  now: string
  minutes: string
  hours: string
  days: string
}

/** How long ago, in one unit: nobody needs minutes of days. */
export function ageOf(ms: number, words: AgeWords): string {
  if (ms < MINUTE) return words.now
  if (ms < HOUR) return fill(words.minutes, { n: Math.floor(ms / MINUTE) })
  if (ms < DAY) return fill(words.hours, { n: Math.floor(ms / HOUR) })
  return fill(words.days, { n: Math.floor(ms / DAY) })
}

export interface Lease {
  text: string
  worry: Worry
  gone: boolean
}

/** What may still be sold without the network. */
export function leaseOf(view: Pick<View, 'lease'>, now: number): Lease {
  const lease = view.lease
  if (!lease || lease.expires_at <= now || lease.left <= 0 || lease.count_left <= 0) {
    return { text: '', worry: 'bad', gone: true }
  }
  const soon = lease.expires_at - now < LEASE_ENDS_SOON_MS
  return { text: rmb(lease.left), worry: soon ? 'warn' : 'plain', gone: false }
}

export function batteryOf(view: Pick<View, 'battery'>): { text: string; worry: Worry } | null {
  const battery = view.battery
  if (!battery) return null
  const low = battery.percent <= BATTERY_LOW && !battery.charging
  return { text: `${battery.charging ? '⚡' : ''}${battery.percent}%`, worry: low ? 'bad' : 'plain' }
}

/** Devices that somebody has to look after. */
export function troubles(view: Pick<View, 'devices'>) {
  return (view.devices ?? []).filter((device) => device.state === 'trouble')
}
