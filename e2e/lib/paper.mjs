// Paper as others see it: a PDF of the browser drawn by poppler, and its codes read by ZXing. Neither is ours.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'

const run = promisify(execFile)
const wasm = createRequire(import.meta.url).resolve('zxing-wasm/reader/zxing_reader.wasm')
// From our own disk: a test asks no other machine for its decoder.
prepareZXingModule({ overrides: { wasmBinary: (await readFile(wasm)).buffer } })

const MM_PER_INCH = 25.4
const DARK_BELOW = 128

/** The pages of a PDF as grey pictures, `dpi` dots an inch. */
export async function rasterise(pdf, dpi) {
  return within(pdf, async (file, folder) => {
    await run('pdftoppm', ['-r', String(dpi), '-gray', file, join(folder, 'page')])
    const names = (await readdir(folder)).filter((name) => name.endsWith('.pgm')).sort()
    return Promise.all(names.map(async (name) => ({ ...pgm(await readFile(join(folder, name))), dpi })))
  })
}

/** The words of each page, and its size in millimetres. */
export async function wordsOf(pdf) {
  return within(pdf, async (file) => {
    const text = (await run('pdftotext', ['-layout', file, '-'])).stdout.split('\f').slice(0, -1)
    const info = (await run('pdfinfo', ['-l', '999', file])).stdout
    const sizes = [...info.matchAll(/Page +\d+ size: +([\d.]+) x ([\d.]+) pts/g)]
    const mm = (points) => (Number(points) / 72) * MM_PER_INCH
    return text.map((words, n) => ({ words, width: mm(sizes[n][1]), height: mm(sizes[n][2]) }))
  })
}

async function within(pdf, work) {
  const folder = await mkdtemp(join(tmpdir(), 'yitong-paper-'))
  try {
    const file = join(folder, 'paper.pdf')
    await writeFile(file, pdf)
    return await work(file, folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** A binary PGM: "P5 width height 255", one byte a dot. */
function pgm(bytes) {
  const head = /^P5\s+(\d+)\s+(\d+)\s+255\s/.exec(bytes.toString('latin1', 0, 64))
  if (!head) throw new Error('not a grey picture of eight bits')
  return { width: Number(head[1]), height: Number(head[2]), dots: bytes.subarray(head[0].length) }
}

/** Every QR code of a picture: text, level, and how wide it and its white border are, measured in its dots. */
export async function codesOf(picture) {
  const { width, height, dots } = picture
  const data = new Uint8ClampedArray(width * height * 4).fill(255)
  for (let i = 0; i < dots.length; i += 1) data.fill(dots[i], i * 4, i * 4 + 3)
  const found = await readBarcodes(
    { data, width, height, colorSpace: 'srgb' },
    { formats: ['QRCode'], maxNumberOfSymbols: 64, tryHarder: true },
  )
  return found
    .filter((code) => code.isValid)
    .map((code) => ({ text: code.text, level: code.ecLevel, ...measure(picture, code.position) }))
}

/** The dark box around the middle of a code, and the white around that box, in millimetres. */
function measure({ width, height, dots, dpi }, position) {
  const corners = [position.topLeft, position.topRight, position.bottomRight, position.bottomLeft]
  const middle = (of) => Math.round(corners.reduce((sum, corner) => sum + corner[of], 0) / 4)
  const box = { left: middle('x'), right: middle('x'), top: middle('y'), bottom: middle('y') }
  const dark = (x, y) => x >= 0 && y >= 0 && x < width && y < height && dots[y * width + x] < DARK_BELOW
  const column = (x, grow) => some(box.top - grow, box.bottom + grow, (y) => dark(x, y))
  const row = (y, grow) => some(box.left - grow, box.right + grow, (x) => dark(x, y))
  // A code is never white all across: the box grows until every side of it is.
  const half = Math.round((position.topRight.x - position.topLeft.x) / 2) - 2
  Object.assign(box, {
    left: box.left - half,
    right: box.right + half,
    top: box.top - half,
    bottom: box.bottom + half,
  })
  for (let grown = true; grown;) {
    grown = false
    if (column(box.left - 1, 0)) grown = Boolean((box.left -= 1))
    if (column(box.right + 1, 0)) grown = Boolean((box.right += 1))
    if (row(box.top - 1, 0)) grown = Boolean((box.top -= 1))
    if (row(box.bottom + 1, 0)) grown = Boolean((box.bottom += 1))
  }
  const ring = (by) =>
    column(box.left - by, by) || column(box.right + by, by) || row(box.top - by, by) || row(box.bottom + by, by)
  let quiet = 0
  while (quiet < dpi && !ring(quiet + 1)) quiet += 1
  const mm = (of) => (of / dpi) * MM_PER_INCH
  return { mm: { width: mm(box.right - box.left + 1), height: mm(box.bottom - box.top + 1), quiet: mm(quiet) } }
}

function some(from, to, test) {
  for (let i = from; i <= to; i += 1) if (test(i)) return true
  return false
}
