// Decimal armour: `97`, then six bytes as fifteen digits. A chunk is below 2^48, so it is a whole number of
// JavaScript and needs no BigInt.
import { TEXT_MAX } from './limits'

const PREFIX = '97'
const CHUNK_BYTES = 6
const CHUNK_DIGITS = 15
/** Digits that 0 to 6 bytes take. */
const DIGITS = [0, 3, 5, 8, 10, 13, CHUNK_DIGITS]
/** What a text of `TEXT_MAX` digits holds: a later version's longer code is still told from a broken one. */
const BYTES_MAX = Math.floor(((TEXT_MAX - PREFIX.length) * CHUNK_BYTES) / CHUNK_DIGITS) + 1
/** No code has fewer digits, so that payment codes of 18 to 24 digits are never taken for one. */
const TEXT_MIN = 90

export function encode(bytes: Uint8Array): string {
  let text = PREFIX
  for (let place = 0; place < bytes.length; place += CHUNK_BYTES) {
    const chunk = bytes.subarray(place, place + CHUNK_BYTES)
    const value = chunk.reduce((value, byte) => value * 256 + byte, 0)
    text += String(value).padStart(DIGITS[chunk.length] ?? CHUNK_DIGITS, '0')
  }
  return text
}

/** Whether it could be ours at all, judged by its shape only. */
export function looksLikeOurs(text: string): boolean {
  const fits = text.length >= TEXT_MIN && text.length <= TEXT_MAX
  return fits && text.startsWith(PREFIX) && /^[0-9]+$/.test(text)
}

/** `null`: not the one canonical text of some bytes. */
export function decode(text: string): Uint8Array | null {
  if (!text.startsWith(PREFIX) || !/^[0-9]*$/.test(text)) return null
  const bytes = new Uint8Array(BYTES_MAX)
  let length = 0
  for (let place = PREFIX.length; place < text.length; place += CHUNK_DIGITS) {
    const chunk = text.slice(place, place + CHUNK_DIGITS)
    const takes = DIGITS.indexOf(chunk.length)
    let value = Number(chunk)
    if (takes < 1 || value >= 256 ** takes || length + takes > BYTES_MAX) return null
    for (let byte = length + takes - 1; byte >= length; byte--) {
      bytes[byte] = value % 256
      value = Math.floor(value / 256)
    }
    length += takes
  }
  return bytes.subarray(0, length)
}
