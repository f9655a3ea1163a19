// Terminals: every word of the server has words here, and what is new there is shown as it is.
import { readFileSync } from 'node:fs'
import { expect, test, vi } from 'vitest'

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => {} })
const { alarmWord, commandWord, findingWord, kindWord, modeWord, size, standingWord, tagOf } =
  await import('@/admin/terminals/terminal')

/** The words in quotes of a piece of the server's source. */
function wordsOf(file: string, from: string, to: string): string[] {
  const text = readFileSync(new URL(`../../server/src/terminals/${file}`, import.meta.url), 'utf8')
  const piece = text.slice(text.indexOf(from), text.indexOf(to, text.indexOf(from)))
  return [...piece.matchAll(/"([a-z_]+)"/g)].map((match) => match[1] ?? '')
}

test('each word of the server is said in words', () => {
  const lists: [string[], (word: string) => string][] = [
    [wordsOf('alarm.rs', 'fn word', 'fn from_word'), alarmWord],
    [wordsOf('fleet.rs', 'fn word', 'impl Terminal'), standingWord],
    [wordsOf('fleet.rs', 'pub const MODES', ';\n'), modeWord],
    [wordsOf('journal.rs', 'fn kind', 'fn purchase'), kindWord],
    [wordsOf('commands_store.rs', 'KINDS: [', ';\n\n'), commandWord],
  ]
  for (const [words, said] of lists) {
    expect(words.length).toBeGreaterThan(3)
    for (const word of words) expect(said(word), word).not.toBe(word)
  }
  for (const word of ['short', 'late_loss', 'replaced', 'risk', 'replay']) expect(findingWord(word)).not.toBe(word)
})

test('what is not known here is shown as it came', () => {
  expect(alarmWord('melted')).toBe('melted')
  expect(standingWord('asleep')).toBe('asleep')
  expect(tagOf('asleep')).toBe('info')
})

test('storage is said in whole units', () => {
  expect(size(150 * 1_048_576)).toBe('150 MB')
  expect(size(64 * 1024 * 1_048_576)).toBe('64 GB')
})
