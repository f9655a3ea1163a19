// Moments and days of China, whatever zone the browser is in.

/** 11-24 12:05:09 of a moment in RFC 3339 with +08:00. */
export function moment(at: string | null | undefined): string {
  return at ? at.slice(5, 19).replace('T', ' ') : ''
}

/** 12:05 */
export function clock(at: string): string {
  return at.slice(11, 16)
}

/** Today in China: 2026-11-24. */
export function today(now = Date.now()): string {
  return new Date(now + 8 * 3600_000).toISOString().slice(0, 10)
}

/** A moment of now with China's offset. */
export function nowText(now = Date.now()): string {
  return new Date(now + 8 * 3600_000).toISOString().replace('Z', '+08:00')
}

export function plusDays(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10)
}
