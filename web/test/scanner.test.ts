import { describe, expect, it } from 'vitest'
import { isGoods, isWhole } from '@/shared/codes'
import { GAP_MS, type Heard, type Known, Scanner, TORN_MS } from '@/shared/scanner'

const PRINTED = `97${'5678990856'.repeat(19)}56789085`
const PHONE = `97${'5678990856'.repeat(46)}56789085`
const DISH = '6901234567892'
const LEGACY = `+${'aB3/'.repeat(30)}ab=`
const WECHAT = '134567890123456789'

type Typed = [keys: string, gap: number]

/** Types each key after its gap; `\n` is Enter. The page hears of pauses when it should, or (`flush`) never. */
function type(text: Typed[], known: Known = {}, scanner = new Scanner(GAP_MS, known), flush = true): Heard[] {
  const heard: Heard[] = []
  let at = 0
  for (const [keys, gap] of text) {
    for (const key of keys) {
      if (flush && gap > scanner.patience()) heard.push(...scanner.flush())
      heard.push(...scanner.hear(key === '\n' ? 'Enter' : key, (at += gap)))
    }
  }
  return [...heard, ...scanner.flush()]
}
const keys = (heard: Heard[]) =>
  heard
    .map((of) => (of.kind === 'key' ? (of.key === 'Enter' ? '\n' : of.key) : of.kind === 'scan' ? 'S' : 'T'))
    .join('')
const scan = (text: string, back: number | null = null) => ({ kind: 'scan', text, back })

describe('a scanner', () => {
  it.each([PRINTED, PHONE, DISH, LEGACY, '#S0000120260101017A3F0#20270831#', WECHAT, 'RICE-01'])(
    'types %s',
    (text) => {
      for (const gap of [0, 5, 20, 50]) expect(type([[`${text}\n`, gap]]), `${gap} ms`).toEqual([scan(text)])
    },
  )
  it('may hesitate once it is certain', () =>
    expect(
      type([
        ['200000000', 5],
        ['1', 240],
        ['\n', 5],
      ]),
    ).toEqual([scan('2000000001')]))
  it('may end with two keys, or with another one', () => {
    expect(type([[`${DISH}\n\n`, 5]])).toEqual([scan(DISH)])
    const scanner = new Scanner()
    for (const [n, key] of [...DISH].entries()) scanner.hear(key, n)
    expect(scanner.hear('Tab', 20)).toEqual([scan(DISH)])
  })
  it('is told from a hand before it', () =>
    expect(
      keys(
        type([
          ['12.5', 150],
          ['9', 400],
          [`${PRINTED.slice(1)}\n`, 5],
        ]),
      ),
    ).toBe('12.5S'))
  it('never confirms: a short burst with its Enter counts for nothing', () => {
    expect(keys(type([['1234\n', 5]]))).toBe('T')
    expect(keys(type([['5\n', 40]]))).toBe('T')
    expect(
      type([
        ['12', 200],
        ['5\n', 40],
      ]).at(-1),
    ).toEqual({ kind: 'torn', back: null, clear: true })
  })
  it('may have a short code, when that is a dish’s', () =>
    expect(type([['1234\n', 5]], { dish: (text) => text === '1234' })).toEqual([scan('1234')]))
  it('says when the end of a scan is missing', () =>
    expect(type([['200000000', 5]])).toEqual([{ kind: 'torn', back: null, clear: false }]))
  it('is forgotten when the clock of the keyboard is set back', () => {
    const scanner = new Scanner()
    for (const [n, key] of [...DISH, 'Enter'].entries()) scanner.hear(key, 5_000 + n * 5)
    expect(scanner.hear('Enter', 1_000)).toMatchObject([{ kind: 'key', key: 'Enter' }])
    expect(scanner.hear('8', 1_200)).toEqual([])
    expect(scanner.flush()).toMatchObject([{ kind: 'key', key: '8' }])
  })
  it('is blocked by an input method', () =>
    expect(new Scanner().hear('Process', 0)).toEqual([{ kind: 'input_method' }]))
})

describe('a hand', () => {
  it.each<[Typed[], string]>([
    [[['12.50\n', 120]], '12.50\n'],
    [[['123456\n', 120]], '123456\n'],
    [
      [
        ['12', 45],
        ['.5', 120],
        ['\n', 200],
      ],
      '12.5\n',
    ],
    [
      [
        ['1', 120],
        ['00', 120],
        ['0', 3],
        ['\n', 120],
      ],
      '1000\n',
    ],
    [[['+', 100]], '+'],
    [[['-', 100]], '-'],
  ])('types %j', (typed, expected) => expect(keys(type(typed))).toBe(expected))
  it('that presses two keys at once has typed nothing, and is told', () =>
    expect(keys(type([['12', 10]]))).toBe('T'))
  it('may be fast where nothing costs money', () => {
    const known = { hand: (text: string) => text.length <= 9 }
    expect(keys(type([['K7Q0M2X9~\n', 20]], known))).toBe('K7Q0M2X9~\n')
    expect(type([['yitong-terminal:https://yitong.example#K7Q0M2X9~\n', 4]], known)[0]?.kind).toBe('scan')
  })
})

describe('a scan that a busy machine has torn apart', () => {
  it('is put together, and what was taken for a hand’s is taken back', () => {
    const heard = type([
      ['12.5', 150],
      ['9', 300],
      ['7', 1500],
      [`${PRINTED.slice(2)}\n`, 5],
    ])
    expect(keys(heard)).toBe('12.59S')
    // The first four keys stay.
    expect(heard.at(-1)).toEqual(scan(PRINTED, 5))
  })
  it('is put together from any two pieces', () => {
    for (const code of [PRINTED, PHONE])
      for (let cut = 1; cut <= code.length; cut += 7) {
        const heard = type([
          [code.slice(0, cut), 8],
          [`${code.slice(cut)}\n`[0]!, 1800],
          [`${code.slice(cut)}\n`.slice(1), 8],
        ])
        expect(heard.at(-1), `after ${cut}`).toMatchObject({ kind: 'scan', text: code })
      }
  })
  it('takes nothing from a hand for a barcode that fits by chance', () => {
    const rest = [...'0123456789'].map((n) => `234567${n}`).find((text) => isGoods(`1${text}`))!
    expect(
      type([
        ['1', 200],
        [`${rest}\n`[0]!, 200],
        [`${rest}\n`.slice(1), 5],
      ]).at(-1),
    ).toMatchObject({ kind: 'torn', clear: true })
  })
  it('leaves no amount when nobody can say whose the digits were', () => {
    const heard = type([
      ['12.5', 150],
      ['9', 300],
      ['8', 1500],
      ['76543210\n', 5],
    ])
    expect(heard.at(-1)).toMatchObject({ kind: 'torn', clear: true })
  })
  it('mutes the digits of a hand that types on, until it has paused', () => {
    const muddle: Typed[] = [
      ['12', 150],
      ['5', 200],
      ['6789056', 5],
      ['34', 300],
    ]
    expect(keys(type(muddle))).toBe('12TTT')
    expect(keys(type([...muddle, ['5', TORN_MS + 1]]))).toBe('12TTT5')
  })
  it('does not take the Enter of a person for its end, for ever', () => {
    expect(
      keys(
        type([
          ['56789056', 5],
          ['\n', 500],
        ]),
      ),
    ).toBe('T')
    expect(
      keys(
        type([
          ['56789056', 5],
          ['\n', 500],
          ['\n', 500],
        ]),
      ),
    ).toBe('T\n')
    expect(
      keys(
        type([
          ['56789056', 5],
          ['\n', TORN_MS + 1],
        ]),
      ),
    ).toBe('T\n')
  })
})

describe('whole codes', () => {
  it.each([PRINTED, PHONE, LEGACY, WECHAT])('%s is one', (text) => expect(isWhole(text)).toBe(true))
  it('of which no piece is one', () => {
    for (const code of [PRINTED, PHONE])
      for (let cut = 1; cut < code.length; cut += 1) expect(isWhole(code.slice(cut)), `from ${cut}`).toBe(false)
  })
  it('of goods have a digit that checks', () => expect([DISH, '6901234567891'].map(isGoods)).toEqual([true, false]))
})
