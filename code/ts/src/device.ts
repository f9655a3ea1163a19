// The phone's part: a key that never leaves the browser, and the codes that it signs. No dependency and no
// WebAssembly, because the key is one of WebCrypto's that no script can read.
import { encode } from './armour'
import { joined } from './bytes'
import { CREDENTIAL_BYTES, DYNAMIC, readCredential, type CredentialFields } from './layout'
import { STEP_MS } from './limits'

const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const
const SIGN = { name: 'ECDSA', hash: 'SHA-256' } as const
const DOMAIN = 'C1\0dynamic\0'
const STEPS = 2 ** 24
/** A credential shows no more codes than its counter can number; fetch another before. */
export const COUNTER_MAX = 0xffff

/** A key of this device. A page keeps the pair in IndexedDB, which stores it without ever seeing the secret. */
export function newDeviceKey(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(P256, false, ['sign', 'verify'])
}

/** What the school writes into a credential: the public key, compressed (SEC 1), 33 bytes. */
export async function devicePublicKey(pair: CryptoKeyPair): Promise<Uint8Array<ArrayBuffer>> {
  // Browsers export the long form only: 4, x, y.
  const point = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
  const compressed = point.slice(0, 33)
  compressed[0] = 2 + ((point[64] ?? 0) & 1)
  return compressed
}

/** What a credential says, for the phone's own screen. Nothing here was verified: a reader trusts none of it. */
export function credentialSays(credential: Uint8Array): CredentialFields | null {
  const whole = credential.length === CREDENTIAL_BYTES && credential[0] === DYNAMIC
  return whole ? readCredential(credential) : null
}

/**
 * The code for this moment. The counter goes up by one with each code that is shown, and is kept before it is
 * shown. `null`: the moment is before the credential, the counter is above `COUNTER_MAX`, or it is no credential.
 */
export async function dynamicCode(
  credential: Uint8Array,
  key: CryptoKey,
  now: number,
  counter: number,
): Promise<string | null> {
  const says = credentialSays(credential)
  if (!says || !Number.isInteger(counter) || counter < 0 || counter > COUNTER_MAX) return null
  const step = Math.floor((now - says.startsMs) / STEP_MS)
  if (!(step >= 0 && step < STEPS)) return null
  const shown = joined(credential, Uint8Array.of(step >> 16, step >> 8, step, counter >> 8, counter))
  const named = joined(new TextEncoder().encode(DOMAIN), shown)
  const signature = await crypto.subtle.sign(SIGN, key, named)
  return encode(joined(shown, new Uint8Array(signature)))
}
