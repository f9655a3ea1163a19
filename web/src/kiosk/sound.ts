// What is heard: two rhythms that can't be mistaken for each other in a noisy hall, then words from recorded clips.
import { ref } from 'vue'
import spriteUrl from './clips/clips.ogg?url'
import { type Piece, type Places, pieces } from './speech'
import { settings } from './settings'
import type { Result } from './wire'

/** The beeps come first, and alone. */
const WORDS_AFTER_MS = 420
const LOUDEST = 10

let context: AudioContext | null = null
let sprite: AudioBuffer | null = null
let places: Places = {}
let playing: AudioScheduledSourceNode[] = []

/** A browser may want one touch before it lets a page be heard. */
export const silenced = ref(false)

/** Loads the clips, and waits for a touch if one is needed. */
export async function prepare() {
  try {
    context ??= new AudioContext()
  } catch {
    // A machine without sound still shows colour and words.
    return
  }
  const look = () => (silenced.value = context!.state === 'suspended')
  context.onstatechange = look
  look()
  const wake = () => void context?.resume()
  window.addEventListener('pointerdown', wake)
  window.addEventListener('keydown', wake)
  await load().catch(() => {
    // The beeps need no clips.
  })
}

async function load() {
  places = (await import('./clips/clips.json')).default as unknown as Places
  const answer = await fetch(spriteUrl)
  if (!answer.ok) throw new Error('no clips')
  sprite = await context!.decodeAudioData(await answer.arrayBuffer())
}

/** Rising and quick: it went well. Low, twice and long: it did not. */
const BEEPS: Record<Result['kind'], [frequency: number, from: number, long: number][]> = {
  paid: [
    [880, 0, 0.13],
    [1320, 0.14, 0.22],
  ],
  refused: [
    [220, 0, 0.18],
    [220, 0.24, 0.18],
    [165, 0.48, 0.4],
  ],
  failed: [
    [220, 0, 0.18],
    [220, 0.24, 0.18],
    [165, 0.48, 0.4],
  ],
  undone: [
    [880, 0, 0.12],
    [660, 0.14, 0.12],
    [440, 0.28, 0.2],
  ],
  balance: [[1046, 0, 0.12]],
}

/** To try how loud it is. */
export const SAMPLE: Pick<Result, 'kind' | 'speak'> = { kind: 'balance', speak: ['谢谢'] }

export function hear(result: Pick<Result, 'kind' | 'speak'>, volume: number) {
  if (!context || context.state !== 'running' || volume <= 0) return
  for (const old of playing) old.stop()
  playing = []
  const gain = context.createGain()
  gain.gain.value = Math.min(1, volume / LOUDEST)
  gain.connect(context.destination)
  for (const beep of BEEPS[result.kind] ?? []) tone(gain, ...beep)
  const words =
    settings.speech === 'beep' ? [] : settings.speech === 'short' ? result.speak.slice(0, 1) : result.speak
  const late = result.kind === 'refused' || result.kind === 'failed' ? 2 * WORDS_AFTER_MS : WORDS_AFTER_MS
  for (const piece of pieces(words, places, late)) say(gain, piece)
}

function tone(to: AudioNode, frequency: number, from: number, long: number) {
  const at = context!.currentTime + from
  const oscillator = context!.createOscillator()
  const fade = context!.createGain()
  oscillator.frequency.value = frequency
  fade.gain.setValueAtTime(0.5, at)
  fade.gain.exponentialRampToValueAtTime(0.001, at + long)
  oscillator.connect(fade).connect(to)
  oscillator.start(at)
  oscillator.stop(at + long)
  playing.push(oscillator)
}

function say(to: AudioNode, { at, start, length }: Piece) {
  if (!sprite) return
  const source = context!.createBufferSource()
  source.buffer = sprite
  source.connect(to)
  source.start(context!.currentTime + at / 1000, start / 1000, length / 1000)
  playing.push(source)
}
