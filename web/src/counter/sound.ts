// Sounds that can't be mistaken for each other in a noisy hall, made by the browser itself.
import { settings } from './settings'

let context: AudioContext | null = null

function tone(frequency: number, from: number, long: number) {
  if (!context) return
  const at = context.currentTime + from
  const oscillator = context.createOscillator()
  const gain = context.createGain()
  oscillator.frequency.value = frequency
  gain.gain.setValueAtTime(0.25, at)
  gain.gain.exponentialRampToValueAtTime(0.001, at + long)
  oscillator.connect(gain).connect(context.destination)
  oscillator.start(at)
  oscillator.stop(at + long)
}

export function sound(kind: 'paid' | 'refused' | 'ask' | 'read') {
  if (!settings.sound) return
  try {
    context ??= new AudioContext()
    void context.resume()
  } catch {
    // A machine without sound still shows colour and words.
    return
  }
  if (kind === 'paid') {
    tone(880, 0, 0.14)
    tone(1320, 0.13, 0.22)
  } else if (kind === 'read') {
    tone(1760, 0, 0.07)
  } else if (kind === 'refused') {
    tone(220, 0, 0.35)
    tone(180, 0.4, 0.45)
  } else {
    tone(660, 0, 0.15)
    tone(660, 0.25, 0.15)
  }
}
