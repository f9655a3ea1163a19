// Signatures at which verifiers of Ed25519, SM2 and P-256 are known to differ: parts of small order, other forms of
// one number, numbers out of range. One of them accepted here and refused there would split the readers of a
// school.
import { bytesToNumberBE } from '@noble/curves/utils.js'
import { encode } from '../src/armour'
import { joined } from '../src/bytes'
import type { TrustedKey } from '../src/index'
import { STATIC_FIELDS } from '../src/layout'
import { DOMAINS, readVerifier, SM2, sm2Digest } from '../src/suite'
import { BASE, challenge, credential, fromHex, ORDER, PRINT, printed, staticFields, type Point } from './school'
import { unhex } from './world'

export interface Edge {
  comment: string
  text: string
  meant: string
}

/** A point of order eight. */
const EIGHTH = fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a')
const IDENTITY = unhex(`01${'00'.repeat(31)}`)
const SECRET = 123_456_789_123_456_789n
const NONCE = 987_654_321_987_654_321n
const HONEST = BASE.multiply(SECRET)
/** The keys of this file, from here on. */
const KIDS = { mixed: 60, identity: 61, negativeZero: 62, unreduced: 63, eighth: 64, honest: 65, compact: 66 }

export function edgeKeys(like: TrustedKey): TrustedKey[] {
  const key = (kid: number, bytes: Uint8Array): TrustedKey => ({ ...like, kid, key: { suite: 'ed25519', bytes } })
  return [
    key(KIDS.mixed, HONEST.add(EIGHTH).toBytes()),
    key(KIDS.identity, IDENTITY),
    key(KIDS.negativeZero, unhex(`01${'00'.repeat(30)}80`)),
    // p + 1: the identity again.
    key(KIDS.unreduced, unhex(`ee${'ff'.repeat(30)}7f`)),
    key(KIDS.eighth, EIGHTH.toBytes()),
    key(KIDS.honest, HONEST.toBytes()),
    { ...like, kid: KIDS.compact, key: { suite: 'sm2', bytes: compact().key } },
  ]
}

function signed(kid: number, key: Uint8Array, serial: number, r: Uint8Array, more = 0n): string {
  const fields = staticFields(kid, serial)
  const k = challenge(r, key, fields)
  return printed(fields, r, ((NONCE + k * SECRET) % ORDER) + more)
}

/** Serials until one gives a challenge for which the part of order eight vanishes, or does not. */
function mixed(vanishes: boolean): string {
  const [key, r] = [HONEST.add(EIGHTH).toBytes(), BASE.multiply(NONCE).toBytes()]
  for (let serial = 500; ; serial++) {
    const k = challenge(r, key, staticFields(KIDS.mixed, serial))
    if ((k % 8n === 0n) === vanishes) return signed(KIDS.mixed, key, serial, r)
  }
}

/** With a key that adds nothing, S alone makes the equation true. */
function keyless(kid: number, serial: number): string {
  return printed(staticFields(kid, serial), BASE.multiply(NONCE).toBytes(), NONCE)
}

/** A part of order eight in the key of order eight itself: the challenge has to be a multiple of eight. */
function eighth(): string {
  const r = BASE.multiply(NONCE).toBytes()
  for (let serial = 500; ; serial++) {
    const fields = staticFields(KIDS.eighth, serial)
    if (challenge(r, EIGHTH.toBytes(), fields) % 8n === 0n) return printed(fields, r, NONCE)
  }
}

/** R is the identity, so S is only the challenge times the secret. */
function noNonce(r: Uint8Array): string {
  const fields = staticFields(KIDS.honest, 501)
  const k = challenge(r, HONEST.toBytes(), fields)
  return printed(fields, r, (k * SECRET) % ORDER)
}

export function edges(): Edge[] {
  const [key, r] = [HONEST.toBytes(), BASE.multiply(NONCE)]
  const bytes = (of: Point) => of.toBytes()
  const refused = (comment: string, text: string): Edge => ({ comment, text, meant: 'bad_signature' })
  return [
    { comment: 'honest', text: signed(KIDS.honest, key, 500, bytes(r)), meant: 'ok' },
    { comment: 'a mixed key, its small part vanishes', text: mixed(true), meant: 'ok' },
    refused('a mixed key, its small part stays', mixed(false)),
    refused('a part of order eight in R', signed(KIDS.honest, key, 500, bytes(r.add(EIGHTH)))),
    refused('S above the order', signed(KIDS.honest, key, 500, bytes(r), ORDER)),
    refused('the identity as a key', keyless(KIDS.identity, 500)),
    refused('the identity with a sign', keyless(KIDS.negativeZero, 500)),
    refused('the identity, not reduced', keyless(KIDS.unreduced, 500)),
    refused('a key of order eight', eighth()),
    refused('the identity as R', noNonce(IDENTITY)),
    refused('the identity with a sign as R', noNonce(unhex(`01${'00'.repeat(30)}80`))),
    refused('the identity, not reduced, as R', noNonce(unhex(`ee${'ff'.repeat(30)}7f`))),
    refused('an SM2 key in its compact form, which begins with 5', compact().text),
    ...outOfRange(),
  ]
}

/**
 * The key has the smaller of its two y, so a reader that takes compact forms finds the right point and a good
 * signature.
 */
function compact(): { key: Uint8Array; text: string } {
  const { BASE, Fn, Fp } = SM2
  const secret = [2n, 3n, 5n].find((of) => BASE.multiply(of).y < Fp.ORDER / 2n) ?? 1n
  const long = BASE.multiply(secret).toBytes()
  const fields = staticFields(KIDS.compact, 500)
  const e = bytesToNumberBE(sm2Digest(long)(joined(DOMAINS.static, fields)))
  const r = Fn.create(e + BASE.multiply(NONCE).x)
  const s = Fn.mul(Fn.inv(Fn.create(1n + secret)), Fn.create(NONCE - r * secret))
  const text = encode(joined(fields, Fn.toBytes(r), Fn.toBytes(s)))
  if (!readVerifier({ suite: 'sm2', bytes: long })?.('static', fields, joined(Fn.toBytes(r), Fn.toBytes(s)))) {
    throw new Error('the signature itself has to be good')
  }
  const key = long.slice()
  key[0] = 5
  return { key, text }
}

/** Zeros, orders and more in the places of r and s, for the school's SM2 key and for a phone's key. */
function outOfRange(): Edge[] {
  const [zero, one, most] = ['00'.repeat(32), `${'00'.repeat(31)}01`, 'ff'.repeat(32)]
  const sm2Order = 'fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123'
  const p256Order = 'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'
  const pairs = (order: string) =>
    [zero, one, order, most].flatMap((r) => [zero, one, order, most].map((s) => [r, s]))
  const sm2 = pairs(sm2Order).map(([r, s]) => ({
    comment: `SM2, r ${r?.slice(0, 18)}, s ${s?.slice(0, 18)}`,
    text: encode(joined(staticFields(12, 500), unhex(`${r}${s}`))),
    meant: 'bad_signature',
  }))
  // The sum of r and s is the order.
  const cancels = `${one}${sm2Order.slice(0, -2)}22`
  const generator = unhex('036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296')
  const shown = (deviceKey: Uint8Array, signature: string) =>
    encode(joined(credential({ deviceKey }), unhex('0005a00001'), unhex(signature)))
  const device = pairs(p256Order).map(([r, s]) => ({
    comment: `P-256, r ${r?.slice(0, 18)}, s ${s?.slice(0, 18)}`,
    text: shown(generator, `${r}${s}`),
    meant: 'bad_device_signature',
  }))
  const nowhere = unhex(`02${most}`)
  return [
    ...sm2,
    {
      comment: 'SM2, r and s cancel',
      text: encode(joined(staticFields(12, 500), unhex(cancels))),
      meant: 'bad_signature',
    },
    ...device,
    {
      comment: 'a device key that is no point',
      text: shown(nowhere, `${one}${one}`),
      meant: 'bad_device_signature',
    },
    {
      comment: 'a printed code under a key for phones, cut to its length',
      text: encode(credential({ deviceKey: generator }).subarray(0, STATIC_FIELDS + 64)),
      meant: 'malformed',
    },
    {
      comment: 'fields of zeros',
      text: encode(joined(staticFields(PRINT, 0), unhex(`${zero}${zero}`))),
      meant: 'bad_signature',
    },
  ]
}
