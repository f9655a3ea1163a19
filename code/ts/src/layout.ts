// The fixed layouts. Everything is big-endian; nothing is optional; what is left over is refused.
import { u16At, u24At, u32At } from './bytes'
import { EPOCH_MS, HOUR_MS, LIFE_HOURS_MAX, MINUTE_MS } from './limits'

export const STATIC = 0x11
export const DYNAMIC = 0x12

export const SIGNATURE = 64
export const STATIC_FIELDS = 15
export const STATIC_BYTES = STATIC_FIELDS + SIGNATURE
export const CREDENTIAL_FIELDS = 54
export const CREDENTIAL_BYTES = CREDENTIAL_FIELDS + SIGNATURE
/** The credential, the step (3 bytes) and the counter (2 bytes): what the device signs. */
export const SHOWN_BYTES = CREDENTIAL_BYTES + 5
export const DYNAMIC_BYTES = SHOWN_BYTES + SIGNATURE

/** What a printed code says: numbers that mean nothing to a stranger. */
export interface StaticFields {
  /** The account's number, shuffled at issue. */
  account: number
  /** The card's number, never used twice. */
  serial: number
  class: number
  /** Last day of validity, days since 2020-01-01 UTC. */
  expiry: number
}

/**
 * How the device keeps its key; it decides how much may be spent with it. A script can read it (a mini program
 * without cryptography of its own); WebCrypto, not extractable; a secure element, attested.
 */
export type Protection = 'script' | 'browser' | 'hardware'

/** In the order of their numbers. */
export const PROTECTIONS: readonly Protection[] = ['script', 'browser', 'hardware']

/** What the school signs for a phone: an authority that lasts hours and is bound to the phone's key. */
export interface CredentialFields {
  account: number
  /** The serial of the phone's enrolment; a refreshed credential keeps it. */
  serial: number
  /** Minutes since 2020-01-01 UTC. */
  notBefore: number
  startsMs: number
  /** The first moment at which it is no longer valid. */
  endsMs: number
  class: number
  /** Whole yuan for one use offline. */
  useCapYuan: number
  /** Five yuan each: all uses offline together. */
  totalCap5yuan: number
  /** Uses offline. */
  uses: number
  protection: Protection
  /** P-256, compressed (SEC 1). */
  deviceKey: Uint8Array
}

export const kidOf = (bytes: Uint8Array): number => u24At(bytes, 1)

export function readStatic(bytes: Uint8Array): StaticFields {
  return { account: u32At(bytes, 4), serial: u32At(bytes, 8), class: bytes[12] ?? 0, expiry: u16At(bytes, 13) }
}

/**
 * `null`: a life, an algorithm or a key form that does not exist. The high four bits of byte 20 are the algorithm.
 */
export function readCredential(bytes: Uint8Array): CredentialFields | null {
  const [lifeHours, of, useCapYuan, totalCap5yuan, uses, keyByte] = bytes.subarray(15, 21)
  const protection = PROTECTIONS[keyByte ?? PROTECTIONS.length]
  const deviceKey = bytes.slice(21, CREDENTIAL_FIELDS)
  if (protection === undefined || !lifeHours || lifeHours > LIFE_HOURS_MAX) return null
  if (deviceKey.length !== 33 || (deviceKey[0] !== 2 && deviceKey[0] !== 3)) return null
  const notBefore = u24At(bytes, 12)
  const startsMs = EPOCH_MS + notBefore * MINUTE_MS
  return {
    account: u32At(bytes, 4),
    serial: u32At(bytes, 8),
    notBefore,
    startsMs,
    endsMs: startsMs + lifeHours * HOUR_MS,
    class: of ?? 0,
    useCapYuan: useCapYuan ?? 0,
    totalCap5yuan: totalCap5yuan ?? 0,
    uses: uses ?? 0,
    protection,
    deviceKey,
  }
}

/** The step and the counter of a shown code, after its credential. */
export function readShown(bytes: Uint8Array): { step: number; counter: number } {
  return { step: u24At(bytes, CREDENTIAL_BYTES), counter: u16At(bytes, CREDENTIAL_BYTES + 3) }
}
