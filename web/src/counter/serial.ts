// A scanner at a serial port, or at USB as one (Web Serial): what it sends goes the way of every other scan.
import { ref, watch } from 'vue'
import { type Line, Lines } from './serialLines'
import { settings } from './settings'

/** The part of Web Serial that is used; TypeScript's own library does not know it yet. */
export interface Port {
  readonly readable: ReadableStream<Uint8Array> | null
  /** Newer browsers say whether an allowed port is plugged in. */
  readonly connected?: boolean
  open(how: { baudRate: number }): Promise<void>
  close(): Promise<void>
  forget?(): Promise<void>
}
interface Serial extends EventTarget {
  getPorts(): Promise<Port[]>
  requestPort(): Promise<Port>
}

export type SerialState =
  | 'off'
  | 'opening'
  | 'open'
  /** Pulled out, or switched off. */
  | 'away'
  /** It does not open: another program has it, or it is gone and the browser can't tell. */
  | 'busy'

/** A port that went away is looked for as often; most browsers also say so at once. */
const AGAIN_MS = 2000
/** A scan takes half a second at 9600 baud and has no pauses. */
const LINE_MS = 1000
/** One disturbed sign is a fault of the line; many in a row, of the port. */
const FAULTS_MAX = 20

interface Ears {
  scan(text: string): void
  broken(): void
}

export const serialState = ref<SerialState>('off')
export const serialOf = () => (navigator as Navigator & { serial?: Serial }).serial ?? null

let ears: Ears | null = null
let stop: (() => void) | null = null
let again = 0
/** Counts the wishes, so that what was begun for an older one knows it. */
let wish = 0
/** Opening and closing never cross: each waits for the one before. */
let queue = Promise.resolve()

const inTurn = (work: () => Promise<void>) => (queue = queue.then(work, work))

/** From now on this page hears the scanner, if one was connected here before. */
export function hearSerial(by: Ears) {
  ears = by
  serialOf()?.addEventListener('connect', look)
  look()
}

export function leaveSerial() {
  ears = null
  serialOf()?.removeEventListener('connect', look)
  end('off')
}

/** Asks the cashier which port; the browser shows the list. False when none was chosen. */
export async function connect(): Promise<boolean> {
  const chosen = await serialOf()!
    .requestPort()
    .catch(() => null)
  if (!chosen) return false
  // One counter, one scanner: a port that was allowed before must not be taken for this one.
  for (const port of (await serialOf()!.getPorts()).filter((of) => of !== chosen)) await port.forget?.()
  settings.serial = true
  end('opening')
  look()
  return true
}

export async function disconnect() {
  settings.serial = false
  end('off')
  for (const port of (await serialOf()?.getPorts()) ?? []) await port.forget?.()
}

watch(
  () => settings.serial_baud,
  () => {
    if (!settings.serial) return
    end('opening')
    look()
  },
)

function end(then: SerialState) {
  wish += 1
  window.clearTimeout(again)
  stop?.()
  serialState.value = then
}

function look() {
  window.clearTimeout(again)
  if (ears && settings.serial && serialOf()) void inTurn(listen)
}

async function listen() {
  if (!ears || !settings.serial || serialState.value === 'open') return
  const mine = wish
  if (serialState.value === 'off') serialState.value = 'opening'
  const [port] = await serialOf()!.getPorts()
  if (mine !== wish) return
  if (!port || port.connected === false) return later('away')
  try {
    await port.open({ baudRate: settings.serial_baud })
  } catch {
    return mine === wish ? later('busy') : undefined
  }
  if (mine !== wish) return port.close()
  serialState.value = 'open'
  // Reading goes on for hours; what comes next in the queue is closing.
  void read(port)
}

function later(state: SerialState) {
  serialState.value = state
  again = window.setTimeout(look, AGAIN_MS)
}

/** Until the port is gone or nobody wants to hear it any more. */
async function read(port: Port) {
  let wanted = true
  let cancel = () => {}
  stop = () => {
    wanted = false
    stop = null
    cancel()
    void inTurn(() => closed)
  }
  const closed = (async () => {
    for (let faults = 0; wanted && port.readable && faults < FAULTS_MAX; faults += 1) {
      const reader = port.readable.getReader()
      cancel = () => void reader.cancel().catch(() => {})
      if (await heard(reader, () => (faults = 0))) break
    }
    await port.close().catch(() => {})
  })()
  await closed
  if (!wanted) return
  stop = null
  later('away')
}

/** Reads the stream: true at its end, false when the line was disturbed and the port gives another one. */
async function heard(from: ReadableStreamDefaultReader<Uint8Array>, well: () => void): Promise<boolean> {
  const lines = new Lines()
  const decoder = new TextDecoder()
  let timer = 0
  try {
    for (;;) {
      const { value, done } = await from.read()
      if (done) return true
      well()
      say(lines.hear(decoder.decode(value, { stream: true })))
      window.clearTimeout(timer)
      if (lines.holding()) timer = window.setTimeout(() => say(lines.flush()), LINE_MS)
    }
  } catch {
    return false
  } finally {
    window.clearTimeout(timer)
    say(lines.flush())
    from.releaseLock()
  }
}

function say(all: Line[]) {
  for (const line of all) {
    if (line.kind === 'line') ears?.scan(line.text)
    else ears?.broken()
  }
}
