// What another maker's gate learns of a person: a number that is stable at that maker and means nothing at another.
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { joined } from './bytes'
import { schoolBytes } from './school'
import type { Verified } from './verify'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** The key of one integrator, from the secret of the school; another integrator has another. */
export const integratorKey = (schoolSecret: Uint8Array, integrator: string): Uint8Array =>
  hmac(sha256, schoolSecret, joined(utf8('C1\0integrator\0'), utf8(integrator)))

/** The same person at the same integrator: the same 16 bytes, whatever card or phone is shown. */
export function pairwiseId(key: Uint8Array, of: Verified): Uint8Array {
  const account = new DataView(new ArrayBuffer(4))
  account.setUint32(0, of.account)
  const message = joined(utf8('C1\0pairwise\0'), schoolBytes(of.school), new Uint8Array(account.buffer))
  return hmac(sha256, key, message).subarray(0, 16)
}
