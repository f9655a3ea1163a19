// Reading the paper's QR with the browser's own reader. Where there is none, the phone's own camera app opens the
// address that the QR holds, and the code is filled in all the same.
import { codeInQr } from './code'

interface Detector {
  detect: (from: HTMLVideoElement) => Promise<{ rawValue: string }[]>
}
type DetectorClass = new (how: { formats: string[] }) => Detector

const EVERY_MS = 200

export const canScan = () => 'BarcodeDetector' in globalThis && !!navigator.mediaDevices

/** Shows the camera in `video` until a code is read; `stop` ends it without one. */
export async function scan(video: HTMLVideoElement, stop: AbortSignal): Promise<string | null> {
  const Reader = (globalThis as unknown as { BarcodeDetector: DetectorClass }).BarcodeDetector
  const reader = new Reader({ formats: ['qr_code'] })
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
  try {
    video.srcObject = stream
    await video.play()
    while (!stop.aborted) {
      const found = await reader.detect(video).catch(() => [])
      const code = found.map((of) => codeInQr(of.rawValue)).find((of) => of !== null)
      if (code) return code
      await new Promise((done) => setTimeout(done, EVERY_MS))
    }
    return null
  } finally {
    stream.getTracks().forEach((track) => track.stop())
  }
}
