import { describe, expect, it, vi } from 'vitest'
import { OUT_OF_SIGHT_MS, type Seen, Sight } from '@/counter/cameraSight'
import { LINE_CHARS_MAX, Lines } from '@/counter/serialLines'

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => {} })
vi.mock('@/counter/camera.worker?worker', () => ({ default: class {} }))
const { stateOf } = await import('@/counter/camera')
const { settingsOf } = await import('@/counter/settings')

const qr = (text: string): Seen => ({ text, kind: 'qr' })
const bars = (text: string): Seen => ({ text, kind: 'bars' })
const card = (n: number) => qr(`97${String(n).padStart(30, '0')}${'1'.repeat(168)}`)
/** What a phone shows: envelope, account and serial stay, the rest changes. */
const phone = (n: number, turn: number) => qr(`97${String(n).padStart(30, '0')}${String(turn).padStart(438, '7')}`)

/** Shows pictures a tenth of a second apart and gives the texts that were told. */
function show(pictures: Seen[][], sight = new Sight(), from = 0): string[] {
  return pictures.flatMap((seen, i) => {
    const look = sight.look(seen, from + i * 100, true)
    return look.kind === 'new' ? [look.text] : []
  })
}
const times = (n: number, ...seen: Seen[]) => Array.from({ length: n }, () => seen)

describe('a code in front of the camera', () => {
  it('is told once, however long it stays', () => expect(show(times(100, card(1)))).toEqual([card(1).text]))
  it('is told once though some pictures miss it', () =>
    expect(show([[card(1)], ...times(14), [card(1)], ...times(14), [card(1)]])).toHaveLength(1))
  it('is told again when it was out of sight', () => {
    const away = times(OUT_OF_SIGHT_MS / 100)
    expect(show([[card(1)], ...away, [card(1)]])).toHaveLength(2)
  })
  it('makes room for the next one at once', () =>
    expect(show([[card(1)], [card(2)], [card(3)]])).toEqual([1, 2, 3].map((n) => card(n).text)))
  it('does not pay twice because a phone that lies there turned to its next text', () => {
    expect(show([[phone(1, 1)], [phone(1, 2)], [phone(1, 3)]])).toEqual([phone(1, 1).text])
    expect(show([[phone(1, 1)], [phone(2, 1)]])).toHaveLength(2)
  })
  it('counts as new with another text after it was away', () => {
    const away = times(OUT_OF_SIGHT_MS / 100)
    expect(show([[phone(1, 1)], ...away, [phone(1, 2)]])).toEqual([phone(1, 1).text, phone(1, 2).text])
  })
  it('waits until somebody can take it', () => {
    const sight = new Sight()
    expect(sight.look([card(1)], 0, false)).toEqual({ kind: 'nothing' })
    expect(sight.look([card(1)], 100, true)).toEqual({ kind: 'new', text: card(1).text })
  })
})

describe('several codes in front of the camera', () => {
  it('are not taken: nobody knows whose turn it is', () => {
    const sight = new Sight()
    expect(sight.look([card(1), card(2)], 0, true)).toEqual({ kind: 'several' })
    expect(sight.look([card(2)], 100, true)).toEqual({ kind: 'new', text: card(2).text })
  })
  it('are one when the same code was found twice', () =>
    expect(new Sight().look([card(1), card(1)], 0, true).kind).toBe('new'))
  it('do not bring back the one that has paid', () =>
    expect(show([[card(1)], ...times(30, card(1), card(2)), [card(1)], [card(1)]])).toEqual([card(1).text]))
})

describe('bars', () => {
  it('must be read alike twice', () => {
    expect(show([[bars('2000000000015')]])).toEqual([])
    expect(show([[bars('2000000000015')], [bars('2000000000022')]])).toEqual([])
    expect(show([[bars('2000000000015')], [], [bars('2000000000015')]])).toEqual(['2000000000015'])
  })
})

describe('a serial line', () => {
  const heard = (...pieces: string[]) => {
    const lines = new Lines()
    return pieces.flatMap((piece) => lines.hear(piece)).map((of) => (of.kind === 'line' ? of.text : '?'))
  }
  it.each([
    [['2000000000015\r']],
    [['2000000000015\n']],
    [['2000000000015\r\n']],
    [['200000', '0000015', '\r', '\n']],
    [['\r\n', '2000000000015\r\n', '\n']],
  ])('is whole at its end: %j', (pieces) => expect(heard(...pieces)).toEqual(['2000000000015']))
  it('may bring two codes in one piece', () => expect(heard('aaa\r\nbbb\r\ncc')).toEqual(['aaa', 'bbb']))
  it('has room for the longest code, in pieces of eight', () => {
    const code = `97${'0123456789'.repeat(46)}01234567`
    expect(heard(...code.match(/.{1,8}/g)!, '\r')).toEqual([code])
  })
  it('that never ends is dropped, and the next one is whole', () => {
    const noise = 'x'.repeat(1000)
    expect(heard(...Array(10).fill(noise), '\r', 'abc\r')).toEqual(['?', 'abc'])
    expect(heard(`${'x'.repeat(LINE_CHARS_MAX)}\r`)).toHaveLength(1)
  })
  it('without an end is said to be broken, and does not begin the next one', () => {
    const lines = new Lines()
    lines.hear('12345')
    expect(lines.holding()).toBe(true)
    expect(lines.flush()).toEqual([{ kind: 'broken' }])
    expect(lines.flush()).toEqual([])
    expect(lines.hear('678\r')).toEqual([{ kind: 'line', text: '678' }])
  })
})

describe('what a browser refuses', () => {
  it.each([
    ['NotAllowedError', 'denied'],
    ['NotFoundError', 'missing'],
    ['NotReadableError', 'busy'],
    ['TypeError', 'broken'],
  ])('%s means %s', (name, state) => expect(stateOf(Object.assign(new Error(), { name }))).toBe(state))
})

describe('what was kept at this machine', () => {
  it('is taken as far as it makes sense', () => {
    const kept = { camera: true, camera_id: 'abc', serial: 'yes', serial_baud: 115200, result_s: 4 }
    expect(settingsOf(JSON.stringify(kept))).toMatchObject({
      camera: true,
      camera_id: 'abc',
      serial: false,
      serial_baud: 115200,
      result_s: 3,
    })
  })
  it.each([null, '', '{', 'null', '[]'])('%j gives the defaults', (kept) =>
    expect(settingsOf(kept)).toMatchObject({ camera: false, serial: false, serial_baud: 9600 }),
  )
})
