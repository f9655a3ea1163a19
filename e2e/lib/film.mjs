// Films what a camera at a counter sees, for Chromium's fake camera: codes on paper, turned, small, blurred and noisy.
import { closeSync, openSync, writeSync } from 'node:fs'
import qrcode from 'qrcode-generator'

export const WIDTH = 1280
export const HEIGHT = 720
/** Pictures a second; the fake camera shows each for as long, and begins again at the end. */
export const RATE = 5
/** Light of the table, the paper and the ink, as a lens sees them: neither black nor white. */
const [TABLE, PAPER, INK] = [120, 225, 35]
/** Samples a pixel in each direction, so that edges are as soft as through a lens. */
const FINE = 3

/** A QR code with its quiet zone: `dark(x, y)` in modules. */
export function qr(text, level = 'Q') {
  const code = qrcode(0, level)
  code.addData(text, /^\d+$/.test(text) ? 'Numeric' : 'Byte')
  code.make()
  const modules = code.getModuleCount()
  const inside = (at) => at >= 4 && at < modules + 4
  const dark = (x, y) => inside(x) && inside(y) && code.isDark(y - 4, x - 4)
  return { wide: modules + 8, high: modules + 8, dark }
}

const LEFT = [
  '0001101',
  '0011001',
  '0010011',
  '0111101',
  '0100011',
  '0110001',
  '0101111',
  '0111011',
  '0110111',
  '0001011',
]
const PARITY = ['LLLLLL', 'LLGLGG', 'LLGGLG', 'LLGGGL', 'LGLLGG', 'LGGLLG', 'LGGGLL', 'LGLGLG', 'LGLGGL', 'LGGLGL']

/** The bars of an EAN-13 with their quiet zone. */
export function ean13(digits) {
  const right = (d) => [...LEFT[d]].map((bit) => (bit === '1' ? '0' : '1')).join('')
  const mirrored = (d) => [...right(d)].reverse().join('')
  const left = [...digits.slice(1, 7)].map((d, i) => (PARITY[digits[0]][i] === 'L' ? LEFT[d] : mirrored(d)))
  const bars = `101${left.join('')}01010${[...digits.slice(7)].map(right).join('')}101`
  const [quiet, tall] = [11, 50]
  const dark = (x, y) => bars[x - quiet] === '1' && y >= 4 && y < tall + 4
  return { wide: bars.length + 2 * quiet, high: tall + 8, dark }
}

/**
 * One picture. Each code lies at `x`, `y` from the middle, `module` pixels a module, turned by `turn` degrees;
 * the lens blurs by `blur` pixels, the sensor adds noise of the deviation `noise`.
 */
export function picture(codes, { blur = 0, noise = 0, seed = 1 } = {}) {
  let light = new Float32Array(WIDTH * HEIGHT).fill(TABLE)
  for (const code of codes) lay(light, code)
  for (let i = 0; i < blur; i += 1) light = soften(light)
  const random = noise ? gauss(seed) : () => 0
  return Uint8Array.from(light, (of) => Math.max(0, Math.min(255, Math.round(of + noise * random()))))
}

function lay(light, { code, module = 6, turn = 0, x = 0, y = 0 }) {
  const [cx, cy] = [WIDTH / 2 + x, HEIGHT / 2 + y]
  const [cos, sin] = [Math.cos((turn * Math.PI) / 180), Math.sin((turn * Math.PI) / 180)]
  const reach = Math.ceil((Math.hypot(code.wide, code.high) / 2) * module) + 1
  const sample = (px, py) => {
    const [dx, dy] = [px - cx, py - cy]
    const mx = Math.floor((dx * cos + dy * sin) / module + code.wide / 2)
    const my = Math.floor((dy * cos - dx * sin) / module + code.high / 2)
    if (mx < 0 || my < 0 || mx >= code.wide || my >= code.high) return null
    return code.dark(mx, my) ? INK : PAPER
  }
  for (let py = Math.max(0, Math.floor(cy) - reach); py < Math.min(HEIGHT, cy + reach); py += 1) {
    for (let px = Math.max(0, Math.floor(cx) - reach); px < Math.min(WIDTH, cx + reach); px += 1) {
      const at = py * WIDTH + px
      let sum = 0
      for (let i = 0; i < FINE * FINE; i += 1) {
        const [fx, fy] = [(i % FINE) + 0.5, Math.floor(i / FINE) + 0.5]
        sum += sample(px + fx / FINE, py + fy / FINE) ?? light[at]
      }
      light[at] = sum / (FINE * FINE)
    }
  }
}

/** The mean of each pixel and its eight neighbours: one pixel of blur. */
function soften(light) {
  const soft = Float32Array.from(light)
  for (let y = 1; y < HEIGHT - 1; y += 1) {
    for (let x = 1; x < WIDTH - 1; x += 1) {
      const at = y * WIDTH + x
      let sum = 0
      for (const row of [at - WIDTH, at, at + WIDTH]) sum += light[row - 1] + light[row] + light[row + 1]
      soft[at] = sum / 9
    }
  }
  return soft
}

/** Noise that is the same in every run: a linear congruence, and the sum of four as a bell. */
function gauss(seed) {
  let state = seed >>> 0
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32
  return () => (next() + next() + next() + next() - 2) * Math.sqrt(3)
}

/** Writes scenes, one after the other, as YUV 4:2:0: each is `{ seconds, pictures }`, its pictures in turns. */
export function film(file, scenes) {
  const out = openSync(file, 'w')
  const grey = Buffer.alloc((WIDTH * HEIGHT) / 2, 128)
  writeSync(out, `YUV4MPEG2 W${WIDTH} H${HEIGHT} F${RATE}:1 Ip A1:1 C420jpeg\n`)
  for (const { seconds, pictures } of scenes) {
    for (let i = 0; i < seconds * RATE; i += 1) {
      writeSync(out, 'FRAME\n')
      writeSync(out, pictures[i % pictures.length])
      writeSync(out, grey)
    }
  }
  closeSync(out)
}
