// Numbers in bytes, all big-endian, and the forms in which bytes are compared.

/** Reads past the end are zeros: lengths are compared before. */
const at = (bytes: Uint8Array, place: number): number => bytes[place] ?? 0

export const u16At = (bytes: Uint8Array, place: number): number => (at(bytes, place) << 8) | at(bytes, place + 1)

export const u24At = (bytes: Uint8Array, place: number): number =>
  (at(bytes, place) << 16) | u16At(bytes, place + 1)

export const u32At = (bytes: Uint8Array, place: number): number =>
  at(bytes, place) * 0x1_00_00_00 + u24At(bytes, place + 1)

/** Exact up to 2^53, far beyond any moment; above that it only has to stay as large as it is. */
export const i64At = (bytes: Uint8Array, place: number): number =>
  (u32At(bytes, place) | 0) * 0x1_0000_0000 + u32At(bytes, place + 4)

export const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** `null`: not an even number of hex digits. */
export function bytesOfHex(text: string): Uint8Array | null {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return null
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => parseInt(text.slice(2 * i, 2 * i + 2), 16))
}

export function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let place = 0
  for (const part of parts) {
    whole.set(part, place)
    place += part.length
  }
  return whole
}

/** Nothing that is compared here is secret, so the time that it takes may say where it differs. */
export const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i])
