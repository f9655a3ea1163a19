// Signature suites. Which one a key belongs to is part of the key, and the key comes from the trust list: a code
// can't choose how it is judged. All of it is synchronous and plain arithmetic, because the Chromium of many kiosks
// is too old to verify Ed25519 itself, and none knows SM2.
import { weierstrass } from '@noble/curves/abstract/weierstrass.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { bytesToNumberBE, bytesToNumberLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { joined, same } from './bytes'
import { SIGNATURE } from './layout'
import { sm3 } from './sm3'

/** RFC 8032, and GB/T 32918.2 with SM3. */
export type Suite = 'ed25519' | 'sm2'

/** Their numbers in signed lists. */
export const SUITES = new Map<number, Suite>([
  [1, 'ed25519'],
  [2, 'sm2'],
])

/** A public key as bytes: 32 for Ed25519, 33 (SEC 1, compressed) for SM2. */
export interface KeyBytes {
  suite: Suite
  bytes: Uint8Array
}

export const KEY_BYTES: Record<Suite, number> = { ed25519: 32, sm2: 33 }

/** What is signed begins with a name for its kind, so that no signature serves for another kind. */
const domain = (name: string): Uint8Array => new TextEncoder().encode(`C1\0${name}\0`)
export const DOMAINS = {
  static: domain('static'),
  credential: domain('credential'),
  dynamic: domain('dynamic'),
  trust: domain('trust'),
  status: domain('status'),
  delta: domain('delta'),
  legacy: domain('legacy'),
}
export type Domain = keyof typeof DOMAINS

/** A key that was read once: points of a curve are not decompressed for each code. */
export type Verifier = (domain: Domain, message: Uint8Array, signature: Uint8Array) => boolean

/** `null`: not a point of the curve. */
export function readVerifier(key: KeyBytes): Verifier | null {
  if (key.bytes.length !== KEY_BYTES[key.suite]) return null
  try {
    const verifies = key.suite === 'ed25519' ? ed25519Verifier(key.bytes) : sm2Verifier(key.bytes)
    return (of, message, signature) =>
      signature.length === SIGNATURE && verifies(joined(DOMAINS[of], message), signature)
  } catch {
    return null
  }
}

/** A school's key meets many codes: a small table costs the first one a few milliseconds and serves all others. */
const TABLE_BITS = 4

type Verifies = (message: Uint8Array, signature: Uint8Array) => boolean

/**
 * Strict, and without the cofactor, as every other reader of these codes: R is computed again and its bytes
 * compared, and neither the key nor R may be of small order. A key of small order would otherwise accept a
 * signature over anything.
 */
export function ed25519Verifier(key: Uint8Array): Verifies {
  const { BASE, Fn } = ed25519.Point
  const point = ed25519.Point.fromBytes(key, true).precompute(TABLE_BITS)
  const weak = point.isSmallOrder()
  return (message, signature) => {
    const r = signature.subarray(0, 32)
    const s = bytesToNumberLE(signature.subarray(32))
    if (weak || s >= Fn.ORDER) return false
    const k = Fn.create(bytesToNumberLE(sha512(joined(r, key, message))))
    const expected = BASE.multiplyUnsafe(s).subtract(point.multiplyUnsafe(k))
    return !expected.isSmallOrder() && same(expected.toBytes(), r)
  }
}

/** GB/T 32918.5: the curve. */
export const SM2 = /* @__PURE__ */ weierstrass({
  p: BigInt('0xfffffffeffffffffffffffffffffffffffffffff00000000ffffffffffffffff'),
  n: BigInt('0xfffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123'),
  h: BigInt(1),
  a: BigInt('0xfffffffeffffffffffffffffffffffffffffffff00000000fffffffffffffffc'),
  b: BigInt('0x28e9fa9e9d9f5e344d5a9e4bcf6509a7f39789f515ab8f92ddbcbd414d940e93'),
  Gx: BigInt('0x32c4ae2c1f1981195f9904466a39c9948fe30bbff2660be1715a4589334c74c7'),
  Gy: BigInt('0xbc3736a2f4f6779c59bdcee36b692153d0a9877cc62a474002df32e52139f0a0'),
})
/** The distinguishing identifier that GB/T 35276 gives where nothing else is agreed. */
const SM2_ID = /* @__PURE__ */ new TextEncoder().encode('1234567812345678')

/** What SM2 signs: the hash of who signs, as identifier, curve and key (GB/T 32918.2, 5.5), and of the message. */
export function sm2Digest(key: Uint8Array): (message: Uint8Array) => Uint8Array {
  const { BASE, Fp } = SM2
  const { a, b } = SM2.CURVE()
  const own = SM2.fromBytes(key).toAffine()
  const numbers = [a, b, BASE.x, BASE.y, own.x, own.y].map((number) => Fp.toBytes(number))
  const bits = SM2_ID.length * 8
  const identity = sm3(joined(Uint8Array.of(bits >> 8, bits), SM2_ID, ...numbers))
  return (message) => sm3(joined(identity, message))
}

/** GB/T 32918.2, 7.1. */
export function sm2Verifier(key: Uint8Array): Verifies {
  const { BASE, Fn } = SM2
  const point = SM2.fromBytes(key).precompute(TABLE_BITS)
  const digest = sm2Digest(key)
  return (message, signature) => {
    const r = bytesToNumberBE(signature.subarray(0, 32))
    const s = bytesToNumberBE(signature.subarray(32))
    if (!Fn.isValidNot0(r) || !Fn.isValidNot0(s)) return false
    const t = Fn.add(r, s)
    if (Fn.is0(t)) return false
    const sum = BASE.multiplyUnsafe(s).add(point.multiplyUnsafe(t))
    if (sum.is0()) return false
    const e = bytesToNumberBE(digest(message))
    return Fn.create(e + sum.toAffine().x) === r
  }
}

/**
 * Whether the device's own signature is over these bytes. Either of a signature's twins will do: uses are counted
 * by their counter, and phones can't choose which twin WebCrypto makes.
 */
export function deviceSigned(deviceKey: Uint8Array, shown: Uint8Array, signature: Uint8Array): boolean {
  try {
    return p256.verify(signature, joined(DOMAINS.dynamic, shown), deviceKey, { lowS: false })
  } catch {
    return false
  }
}
