// Who would get a code, how cards fill pages, and how words fit on a card.
import { expect, test, vi } from 'vitest'
import { LINE_HEIGHT, MM_PER_PT, fit, type Box } from '@/admin/codes/fit'
import { undrawable } from '@/admin/codes/glyphs'
import { classKey, cutMarks, pagesOf, sorted } from '@/admin/codes/paper'
import { usualLastDay, whole, without } from '@/admin/codes/scope'
import { ApiProblem, Unreachable, type Schemas } from '@/shared/api/client'

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined })
const { keptDesign, usualDesign } = await import('@/admin/codes/design')
const { everyPage } = await import('@/admin/codes/sheet')

const person = (id: string, status = 'active') => ({ id, status }) as Schemas['Person']
const code = (of: string, status: string, expires_on = '2029-08-31', kind = 'printed_code') =>
  ({ person: { id: of }, status, expires_on, kind }) as Schemas['Credential']

test('a lost code still counts: it is reinstated or reissued, not issued again', () => {
  const people = [person('a'), person('b'), person('c'), person('d'), person('e', 'left')]
  const codes = [code('a', 'active'), code('b', 'lost'), code('c', 'replaced'), code('d', 'active', '2026-01-01')]
  expect(without(people, codes, '2026-11-25').map((of) => of.id)).toEqual(['c', 'd'])
})

test('the last day on which a code is valid is still a day of it', () => {
  expect(without([person('a')], [code('a', 'active', '2026-11-25')], '2026-11-25')).toEqual([])
})

test('a code in a phone is no card', () => {
  expect(without([person('a')], [code('a', 'active', '2029-08-31', 'dynamic_code')], '2026-11-25')).toHaveLength(1)
})

test('every page of a list is read, in order', async () => {
  const pages: Record<string, { items: number[]; next?: string }> = {
    first: { items: [1, 2], next: 'second' },
    second: { items: [3] },
  }
  expect(await whole(async (cursor) => pages[cursor ?? 'first']!)).toEqual([1, 2, 3])
})

const card = (number: string, of: string | null = null) => ({ number, class: of })
const usual = { layout: 'a4', order: 'class', each_class: false, back: false } as const

test('21 cards are three pages of ten, the last with one, and each card once', () => {
  const pages = pagesOf(
    [...Array(21).keys()].map((n) => card(String(n))),
    usual,
  )
  expect(pages.map((page) => page.cards.length)).toEqual([10, 10, 1])
  expect(new Set(pages.flatMap((page) => page.cards.map((of) => of.number))).size).toBe(21)
})

test('a class may begin on new paper, and every back follows its front', () => {
  const cards = [card('1', '七年级1班'), card('2', '七年级1班'), card('3', '七年级2班')]
  const pages = pagesOf(cards, { ...usual, each_class: true, back: true })
  expect(pages.map((page) => `${page.side} ${page.cards.map((of) => of.number)}`)).toEqual([
    'front 1,2',
    'back 1,2',
    'front 3',
    'back 3',
  ])
  expect(pagesOf(cards, { ...usual, layout: 'cr80' })).toHaveLength(3)
})

test('classes come in the order of the school, not of the alphabet', () => {
  const names = ['八年级1班', '七年级10班', '高一（12）班', '七年级2班', '十一年级1班', '十年级1班']
  const cards = [card('9', null), ...names.map((of, n) => card(String(n), of)), card('10', '七年级2班')]
  expect(sorted(cards, 'class').map((of) => `${of.class ?? '教师'} ${of.number}`)).toEqual([
    '七年级2班 3',
    '七年级2班 10',
    '七年级10班 1',
    '八年级1班 0',
    '十年级1班 5',
    '十一年级1班 4',
    '高一（12）班 2',
    '教师 9',
  ])
  expect(sorted(cards, 'number').map((of) => of.number)).toEqual(['0', '1', '2', '3', '4', '5', '9', '10'])
  expect(['二十三', '二十', '十二', '三'].map(classKey)).toEqual(['23', '20', '12', '3'])
})

test('cut marks lie beside the cards, where a printer reaches', () => {
  const marks = [...cutMarks().matchAll(/M([\d.]+) ([\d.]+)([VH])([\d.]+)/g)]
  expect(marks).toHaveLength(4 * 6 + 10 * 3)
  const columns = [17.4, 107]
  const rows = [0, 1, 2, 3, 4].map((n) => 9.5 + n * 56)
  for (const [, x, y, way, end] of marks) {
    const [x1, y1] = [Number(x), Number(y)]
    const [x2, y2] = way === 'V' ? [x1, Number(end)] : [Number(end), y1]
    expect(Math.min(x1, y1)).toBeGreaterThanOrEqual(5)
    expect(x2).toBeLessThanOrEqual(205)
    expect(y2).toBeLessThanOrEqual(292)
    expect(way === 'V' ? y2 > y1 : x2 > x1).toBe(true)
    const over = (of: number, long: number, from: number, to: number) => to > of && from < of + long
    const on = columns.some((cx) => over(cx, 85.6, x1, x2)) && rows.some((cy) => over(cy, 54, y1, y2))
    expect(on, `${x} ${y} ${way} ${end} is on a card`).toBe(false)
  }
})

test('a name is never cut: smaller first, then in lines', () => {
  const box: Box = { width: 39, height: 15, most: 18, least: 11 }
  // Signs of Chinese are as wide as they are high, and letters about half of that.
  const em = (text: string) => [...text].reduce((sum, sign) => sum + (sign.charCodeAt(0) < 0x250 ? 0.6 : 1), 0)
  const of = (name: string) => fit(name, box, em)
  expect(of('王小明')).toEqual({ size: 18, lines: ['王小明'] })
  expect(of('欧阳上官小明君').lines).toHaveLength(1)
  expect(of('阿卜杜热西提·阿卜杜热合曼江').lines).toEqual(['阿卜杜热西提·', '阿卜杜热合曼江'])
  const names = [
    '𠮷野𪚥',
    '买买提·吐尔逊·阿不都热依木江·艾合买提',
    'Maria del Carmen Fernandez-Gutierrez',
    '长'.repeat(40),
  ]
  for (const name of names) {
    const { size, lines } = of(name)
    expect(lines.join('').replaceAll(' ', ''), name).toBe(name.replaceAll(' ', ''))
    for (const line of lines) expect(em(line) * size * MM_PER_PT, line).toBeLessThanOrEqual(box.width)
    expect(lines.length * size * MM_PER_PT * LINE_HEIGHT, name).toBeLessThanOrEqual(box.height)
  }
  const hint = fit('此卡可以消费，请妥善保管。遗失请立即挂失，挂失后他人不能使用。', box, em)
  expect(hint.lines.length).toBeGreaterThan(1)
  expect(
    hint.lines.some((line) => /^[，。]/.test(line)),
    'no line begins with a comma',
  ).toBe(false)
  expect(of('𠮷'.repeat(30)).lines.every((line) => !/^[\udc00-\udfff]|[\ud800-\udbff]$/.test(line))).toBe(true)
})

test('lines are about as long as each other', () => {
  const box: Box = { width: 46, height: 6, most: 10.5, least: 7 }
  const { lines } = fit('福建省榕城市第一实验中学附属国际双语学校', box, (text) => [...text].length)
  expect(lines).toEqual(['福建省榕城市第一实验', '中学附属国际双语学校'])
})

test('signs without a picture are named, and usual ones are not even drawn', () => {
  const drawn: string[] = []
  const draw = (sign: string) => {
    drawn.push(sign)
    return sign === '\u0378' || sign === '\u{323af}' ? 'box' : sign
  }
  expect(undrawable(['王小明', '𠮷野', '李\u{323af}'], draw)).toEqual(['\u{323af}'])
  expect(drawn).toEqual(['\u0378', '𠮷', '\u{323af}'])
})

test('a sheet is read to its end; a lost answer is asked for again, a refusal is not', async () => {
  const page = (numbers: string[], next: string | null, total: number | null) =>
    ({ items: numbers.map((number) => ({ number })), next, total }) as Schemas['Sheet']
  const pages: Record<string, Schemas['Sheet']> = {
    first: page(['1', '2'], 'second', 3),
    second: page(['3'], null, null),
  }
  let calls = 0
  const told: string[] = []
  const cards = await everyPage(
    async (cursor) => {
      if (++calls === 2) throw new Unreachable()
      return pages[cursor ?? 'first']!
    },
    ({ done, all }) => told.push(`${done}/${all}`),
  )
  expect([cards.map((of) => of.number), calls, told]).toEqual([['1', '2', '3'], 3, ['2/3', '3/3']])
  calls = 0
  const refused = everyPage(
    async () => {
      calls++
      throw new ApiProblem(422, 'bad_cursor', '', '', undefined, {})
    },
    () => undefined,
  )
  await expect(refused).rejects.toThrow('bad_cursor')
  expect(calls).toBe(1)
})

test('the design of a school is kept, and what can’t be read is as usual', () => {
  const school = { id: 's', name: '鹭江第一小学' }
  const of = (text: string | null) => keptDesign(school, { getItem: () => text, setItem: () => undefined })
  expect(of(null)).toEqual(usualDesign(school.name))
  expect(of('{broken')).toEqual(usualDesign(school.name))
  expect(of('{"mark":"鹭","back":"yes","layout":"a3","unknown":1}')).toEqual({
    ...usualDesign(school.name),
    mark: '鹭',
  })
  expect(of('{"layout":"cr80","back":true}')).toMatchObject({ layout: 'cr80', back: true })
})

test('a code lasts to the end of a school year', () => expect(usualLastDay('2026-11-25')).toBe('2029-08-31'))
