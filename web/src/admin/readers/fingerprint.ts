// A key in a form that two people can compare aloud.

/** Groups of four signs. */
export function grouped(hex: string): string {
  return hex.match(/.{1,4}/g)?.join(' ') ?? ''
}

/** The first 16 bytes of SHA-256 of a key; null where the browser has no hashes (a page without https). */
export async function fingerprintOf(hex: string, subtle = globalThis.crypto?.subtle): Promise<string | null> {
  if (!subtle || !/^([0-9a-f]{2})+$/.test(hex)) return null
  const bytes = Uint8Array.from(hex.match(/../g)!, (of) => parseInt(of, 16))
  const digest = new Uint8Array(await subtle.digest('SHA-256', bytes)).slice(0, 16)
  return grouped(Array.from(digest, (of) => of.toString(16).padStart(2, '0')).join(''))
}
