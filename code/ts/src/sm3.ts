// SM3 (GB/T 32905-2016). Written here because no package that is kept and audited as well as the other hashes has
// it.

const rotated = (x: number, by: number): number => (x << (by % 32)) | (x >>> ((32 - by) % 32))
const p0 = (x: number): number => x ^ rotated(x, 9) ^ rotated(x, 17)
const p1 = (x: number): number => x ^ rotated(x, 15) ^ rotated(x, 23)

const START = [
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
] as const
const BLOCK = 64

export function sm3(message: Uint8Array): Uint8Array {
  const state = Int32Array.from(START)
  const words = new Int32Array(68)
  const padded = pad(message)
  for (let place = 0; place < padded.byteLength; place += BLOCK) compress(state, words, padded, place)
  const digest = new DataView(new ArrayBuffer(32))
  state.forEach((word, i) => digest.setInt32(4 * i, word))
  return new Uint8Array(digest.buffer)
}

/** The message, a one bit, zeros, and its length in bits as eight bytes. */
function pad(message: Uint8Array): DataView {
  const padded = new Uint8Array(Math.ceil((message.length + 9) / BLOCK) * BLOCK)
  padded.set(message)
  padded[message.length] = 0x80
  const view = new DataView(padded.buffer)
  view.setUint32(padded.length - 8, Math.floor(message.length / 2 ** 29))
  view.setUint32(padded.length - 4, message.length * 8)
  return view
}

function compress(state: Int32Array, words: Int32Array, block: DataView, place: number): void {
  const w = (i: number): number => words[i] as number
  for (let i = 0; i < 16; i++) words[i] = block.getInt32(place + 4 * i)
  for (let i = 16; i < 68; i++) {
    words[i] = p1(w(i - 16) ^ w(i - 9) ^ rotated(w(i - 3), 15)) ^ rotated(w(i - 13), 7) ^ w(i - 6)
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  for (let i = 0; i < 64; i++) {
    const early = i < 16
    const mixed = rotated((rotated(a, 12) + e + rotated(early ? 0x79cc4519 : 0x7a879d8a, i)) | 0, 7)
    const ff = early ? a ^ b ^ c : (a & b) | (a & c) | (b & c)
    const gg = early ? e ^ f ^ g : (e & f) | (~e & g)
    const one = (ff + d + (mixed ^ rotated(a, 12)) + (w(i) ^ w(i + 4))) | 0
    const two = (gg + h + mixed + w(i)) | 0
    ;[d, c, b, a] = [c, rotated(b, 9), a, one]
    ;[h, g, f, e] = [g, rotated(f, 19), e, p0(two)]
  }
  ;[a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] = (state[i] as number) ^ word))
}
