// A school with secrets, for tests only: this package itself signs nothing for a school.
import { ed25519 } from '@noble/curves/ed25519.js'
import { bytesToNumberLE } from '@noble/curves/utils.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { encode } from '../src/armour'
import { hexOf, joined } from '../src/bytes'
import type { TrustedKey } from '../src/index'
import { CREDENTIAL_FIELDS, DYNAMIC, PROTECTIONS, STATIC, type Protection } from '../src/layout'
import { EPOCH_MS, HOUR_MS, MINUTE_MS } from '../src/limits'
import { schoolBytes } from '../src/school'
import { DOMAINS, type Domain } from '../src/suite'
import { vectors, type World } from './world'

export const { BASE, Fn, fromHex } = ed25519.Point
export const { ORDER } = Fn
export type Point = InstanceType<typeof ed25519.Point>

/** The moment of most vectors. */
export const NOW = vectors.cases[0]?.now ?? 0
export const PRINT = 7
export const PHONE = 20

/** The secret of a key of the vectors, where it has one of Ed25519. */
export const secretOf = (kid: number): Uint8Array => new Uint8Array(32).fill(kid + 1)

export const sign = (kid: number, of: Domain, body: Uint8Array): Uint8Array =>
  joined(body, ed25519.sign(joined(DOMAINS[of], body), secretOf(kid)))

/** Bytes of a number of that many bits. */
export const number = (value: number, bits: number): Uint8Array =>
  Uint8Array.from({ length: bits / 8 }, (_, i) => Math.floor(value / 2 ** (bits - 8 * (i + 1))) % 256)

export const staticFields = (kid: number, serial: number): Uint8Array =>
  joined(Uint8Array.of(STATIC), number(kid, 24), number(1_234, 32), number(serial, 32), Uint8Array.of(1, 11, 184))

export interface Issue {
  deviceKey: Uint8Array
  serial?: number
  startsMs?: number
  lifeHours?: number
  protection?: Protection
}

export function credential(of: Issue): Uint8Array {
  const notBefore = Math.floor(((of.startsMs ?? NOW - 2 * HOUR_MS) - EPOCH_MS) / MINUTE_MS)
  const small = [of.lifeHours ?? 48, 2, 100, 40, 10, PROTECTIONS.indexOf(of.protection ?? 'browser')]
  const fields = joined(
    Uint8Array.of(DYNAMIC),
    number(PHONE, 24),
    number(1_234, 32),
    number(of.serial ?? 4_000, 32),
    number(notBefore, 24),
    Uint8Array.from(small),
    of.deviceKey,
  )
  if (fields.length !== CREDENTIAL_FIELDS) throw new Error('a credential of another length')
  return sign(PHONE, 'credential', fields)
}

/** A trust list over the keys of the vectors and some more, signed by their root. */
export function worldWith(keys: TrustedKey[]): World {
  const sorted = [...keys].sort((a, b) => a.kid - b.kid)
  const head = joined(Uint8Array.of(0x21), number(1, 24), number(9, 32), number(NOW, 64), number(sorted.length, 16))
  const trust = sign(1, 'trust', joined(head, ...sorted.map(writeKey)))
  const { school, roots, status, legacy, integrator_key } = vectors
  return { school, roots, trust: hexOf(trust), trust_keys: [], status, legacy, integrator_key }
}

const PURPOSES = ['', 'printed_code', 'credential', 'status_list', 'legacy_list']

function writeKey(of: TrustedKey): Uint8Array {
  const place = new Uint8Array(33)
  place.set(of.key.bytes)
  return joined(
    number(of.kid, 24),
    schoolBytes(of.school),
    Uint8Array.of(PURPOSES.indexOf(of.purpose), of.key.suite === 'ed25519' ? 1 : 2),
    place,
    number(of.validFrom, 64),
    number(of.validUntil, 64),
    Uint8Array.of(of.useCapYuan, of.totalCap5yuan, of.uses),
  )
}

/** What Ed25519 signs with: the challenge over R, the key and a printed code. */
export const challenge = (r: Uint8Array, key: Uint8Array, fields: Uint8Array): bigint =>
  Fn.create(bytesToNumberLE(sha512(joined(r, key, DOMAINS.static, fields))))

export const printed = (fields: Uint8Array, r: Uint8Array, s: bigint): string => {
  const little = Uint8Array.from({ length: 32 }, (_, i) => Number((s >> BigInt(8 * i)) & 0xffn))
  return encode(joined(fields, r, little))
}
