// Reads codes in the camera's pictures, away from the page: a weak machine's buttons stay quick.
import { type ReaderOptions, prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import wasm from 'zxing-wasm/reader/zxing_reader.wasm?url'
import type { Seen } from './cameraSight'

export type Answer = { kind: 'seen'; seen: Seen[] } | { kind: 'failed'; words: string }

/** Enough to know that there is more than one. */
const CODES_MAX = 3
const HOW: ReaderOptions = {
  formats: ['QRCodeModel2', 'EAN13'],
  tryHarder: true,
  tryRotate: true,
  // Our codes are dark on light, on paper and on a phone.
  tryInvert: false,
  maxNumberOfSymbols: CODES_MAX,
  textMode: 'Plain',
}

// The program comes from where the page came from, and from nowhere else.
prepareZXingModule({ overrides: { locateFile: () => wasm } })
const canvas = new OffscreenCanvas(1, 1)
const pen = canvas.getContext('2d', { willReadFrequently: true })!

async function read(picture: ImageBitmap): Promise<Seen[]> {
  const { width, height } = picture
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
  pen.drawImage(picture, 0, 0)
  picture.close()
  const found = await readBarcodes(pen.getImageData(0, 0, width, height), HOW)
  return found.map((of) => ({ text: of.text, kind: of.format.startsWith('QR') ? 'qr' : 'bars' }))
}

self.onmessage = async (event: MessageEvent<ImageBitmap>) => {
  let answer: Answer
  try {
    answer = { kind: 'seen', seen: await read(event.data) }
  } catch (error) {
    answer = { kind: 'failed', words: String(error) }
  }
  self.postMessage(answer)
}
