// What a person does with a scanner, a printed card, and a file of the school.
import { inflateSync } from 'node:zlib'
import jsqr from 'jsqr'

const GAP_MS = 4
/** Types as a USB scanner does: real keys, four milliseconds apart by the clock of the keyboard, then Enter. */
export const scan = (page, text) => typeAt(page, text, GAP_MS)

/**
 * Until a hand may press Enter: by the clock of the keyboard the scanner types for so long, and an Enter that comes
 * sooner is its own second one, which confirms nothing.
 */
export const scannerEnds = (page, text) => page.waitForTimeout(text.length * GAP_MS + 200)

/** Types with so many milliseconds between two keys, by the clock of the keyboard. */
export async function typeAt(page, text, gap) {
  const cdp = await page.context().newCDPSession(page)
  const at = Date.now() / 1000
  const sent = [...text, 'Enter'].flatMap((key, i) => {
    const timestamp = at + (i * gap) / 1000
    const of = key === 'Enter' ? { windowsVirtualKeyCode: 13 } : { windowsVirtualKeyCode: key.charCodeAt(0) }
    const typed = key === 'Enter' ? '\r' : key
    return [
      cdp.send('Input.dispatchKeyEvent', { type: 'keyDown', key, text: typed, timestamp, ...of }),
      cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', key, timestamp, ...of }),
    ]
  })
  await Promise.all(sent)
  await cdp.detach()
}

/** The text of the QR code in a picture of the screen: read from its pixels, as a scanner would. */
export function readQr(png) {
  const { rgba, width, height } = pixels(png)
  return jsqr(rgba, width, height)?.data ?? null
}

/** A PNG of Chromium's screenshots: eight bits a channel, RGB or RGBA, not interlaced. */
function pixels(png) {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)]
  const channels = png[25] === 6 ? 4 : 3
  const parts = []
  for (let at = 8; at < png.length;) {
    const long = png.readUInt32BE(at)
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') parts.push(png.subarray(at + 8, at + 8 + long))
    at += long + 12
  }
  const raw = inflateSync(Buffer.concat(parts))
  const row = width * channels
  const lines = Buffer.alloc(row * height)
  const rgba = new Uint8ClampedArray(width * height * 4).fill(255)
  for (let y = 0; y < height; y += 1) {
    const filter = raw[y * (row + 1)]
    for (let x = 0; x < row; x += 1) {
      const left = x < channels ? 0 : lines[y * row + x - channels]
      const up = y ? lines[(y - 1) * row + x] : 0
      const corner = y && x >= channels ? lines[(y - 1) * row + x - channels] : 0
      const by = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter]
      lines[y * row + x] = raw[y * (row + 1) + 1 + x] + by
    }
    for (let x = 0; x < width; x += 1) {
      for (let c = 0; c < 3; c += 1) rgba[(y * width + x) * 4 + c] = lines[y * row + x * channels + c]
    }
  }
  return { rgba, width, height }
}

function paeth(left, up, corner) {
  const guess = left + up - corner
  const [a, b, c] = [left, up, corner].map((of) => Math.abs(guess - of))
  return a <= b && a <= c ? left : b <= c ? up : corner
}

/** A text as Excel on a Chinese Windows saves a CSV. */
export function gbk(text) {
  const decoder = new TextDecoder('gbk')
  const table = new Map()
  for (let high = 0x81; high <= 0xfe; high += 1) {
    for (let low = 0x40; low <= 0xfe; low += 1) {
      const bytes = [high, low]
      const sign = decoder.decode(Uint8Array.from(bytes))
      if (sign.length === 1 && sign !== '\ufffd') table.set(sign, bytes)
    }
  }
  return Buffer.from([...text].flatMap((sign) => table.get(sign) ?? [sign.charCodeAt(0)]))
}
