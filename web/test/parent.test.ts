// The parents' app where it decides something itself: amounts, scenes, polling, codes, months, limits, and its colours.
import { readFileSync } from 'node:fs'
import { describe, expect, it, vi } from 'vitest'

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined })
const { judge, typed } = await import('@/parent/pay/amount')
const { placeOf, ways } = await import('@/parent/pay/scene')
const { nextAfter } = await import('@/parent/pay/polling')
const { meaning, settles } = await import('@/parent/pay/states')
const { codeInQr, groupedCode, isCode, plainCode } = await import('@/parent/bind/code')
const { answers } = await import('@/parent/bind/consents')
const { codeOf, groupedPhone, isPhone, phoneOf, placeAfter } = await import('@/parent/signin/phone')
const { firstDay, lastDay, monthName, moveMonth, weeks } = await import('@/parent/parts/months')
const { answerOf, formOf, wordsIn } = await import('@/parent/control/limits')
const { againAfter } = await import('@/parent/home/live')
const { pageOfChild, placeIn } = await import('@/parent/inbox/link')
const { bytesOf } = await import('@/parent/inbox/push')

describe('an amount that is typed', () => {
  const bounds = { min: 1000, single_cap: 50_000, room: 37_655 }
  it.each([
    ['100', { fen: 10_000 }],
    ['１００．５', { fen: 10_050 }],
    ['376.55', { fen: 37_655 }],
    ['', { wrong: 'empty' }],
    ['ten', { wrong: 'not_amount' }],
    ['10.005', { wrong: 'not_amount' }],
    ['0', { wrong: 'not_amount' }],
    ['-5', { wrong: 'not_amount' }],
    ['9.99', { wrong: 'under_minimum' }],
    ['376.56', { wrong: 'over_balance_cap' }],
    ['500.01', { wrong: 'over_single_cap' }],
  ])('%s', (text, judged) => expect(judge(text, bounds)).toEqual(judged))

  it('is over the balance cap before it is under the minimum when there is no room at all', () =>
    expect(judge('5', { ...bounds, room: 0 })).toEqual({ wrong: 'over_balance_cap' }))
  it('stands in the field without grouping', () => expect(typed(123_456)).toBe('1234.56'))
})

describe('ways to pay', () => {
  const WECHAT = 'Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36 MicroMessenger/8.0.50'
  const ALIPAY = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AlipayClient/10.6.0'
  it.each([
    [WECHAT, 'wechat'],
    [`${WECHAT} WindowsWechat`, 'desktop'],
    [ALIPAY, 'alipay'],
    ['Mozilla/5.0 (Linux; Android 14) Mobile Safari/537.36', 'phone'],
    ['Mozilla/5.0 (X11; Linux x86_64) Chrome/131 Safari/537.36', 'desktop'],
  ])('%s is shown in %s', (agent, place) => expect(placeOf(agent)).toBe(place))

  const all = [
    { account: 'u', kind: 'unionpay', name: '银联', scenes: ['mobile_web'] },
    { account: 'a', kind: 'alipay', name: '支付宝', scenes: ['in_app', 'mobile_web', 'qr'] },
    { account: 'w', kind: 'wechat', name: '微信', scenes: ['in_app', 'mobile_web', 'qr'] },
  ] as Parameters<typeof ways>[0]
  it.each([
    ['wechat', ['w in_app', 'u mobile_web']],
    ['alipay', ['a in_app', 'u mobile_web']],
    ['phone', ['u mobile_web', 'a mobile_web', 'w mobile_web']],
    ['desktop', ['u mobile_web', 'a qr', 'w qr']],
  ] as const)('%s', (place, expected) =>
    expect(ways(all, place).map((of) => `${of.account} ${of.scene}`)).toEqual(expected),
  )

  it('are none where an app has only its own way', () =>
    expect(ways([{ ...all[1]!, scenes: ['in_app'] }], 'phone')).toEqual([]))
})

describe('asking for the result', () => {
  it('is soon at first, then rarer, and not for ever', () => {
    const waits = Array.from({ length: 12 }, (_, asked) => nextAfter(asked, 0) ?? 0)
    expect(waits[0]).toBe(1000)
    expect([...waits].sort((a, b) => a - b)).toEqual(waits)
    expect(waits.at(-1)).toBe(20_000)
    expect(nextAfter(5, 599_999)).not.toBeNull()
    expect(nextAfter(5, 600_000)).toBeNull()
  })
  it('never calls the unknown a failure', () => {
    expect(meaning('unknown')).toBe('checking')
    expect(meaning('closing')).toBe('checking')
    expect(meaning('a_newer_word' as 'unknown')).toBe('checking')
    expect((['failed', 'closed'] as const).map(meaning)).toEqual(['over', 'over'])
  })
  it('goes on while it is not settled', () => {
    expect((['created', 'paying', 'unknown', 'closing'] as const).every(settles)).toBe(true)
    expect((['success', 'late_success', 'disputed', 'refunded'] as const).some(settles)).toBe(false)
  })
})

describe('a binding code', () => {
  it('is grouped in fours, upper case, as it is typed', () => {
    expect(['a', 'abcd', 'abcde', 'abcd-efgh jkmn', 'ABCDEFGHJKMNPQ'].map(groupedCode)).toEqual([
      'A',
      'ABCD',
      'ABCD-E',
      'ABCD-EFGH-JKMN',
      'ABCD-EFGH-JKMN',
    ])
  })
  it('takes letters that look like digits for digits', () => expect(plainCode('oil0 il1o')).toBe('01101110'))
  it.each([
    ['ABCDEFGHJKMN', true],
    ['ABCD-EFGH-JKM', false],
    ['ABCDEFGHJKMU', false],
  ])('%s: %s', (text, is) => expect(isCode(text)).toBe(is))
  it.each([
    ['ABCD-EFGH-JKMN', 'ABCDEFGHJKMN'],
    ['https://school.example/parent/bind#ABCD-EFGH-JKMN', 'ABCDEFGHJKMN'],
    ['https://school.example/parent/bind#code=abcdefghjkmn', 'ABCDEFGHJKMN'],
    ['https://elsewhere.example/', null],
    ['#', null],
  ])('in a QR: %s', (text, code) => expect(codeInQr(text)).toBe(code))
})

describe('consents', () => {
  const texts = (['account', 'meals'] as const).map((purpose) => ({
    ...{ purpose, version: 3, required: purpose === 'account' },
    ...{ title_zh: '', title_en: '', text_zh: '', text_en: '' },
  }))
  it.each([
    [{}, null],
    [{ account: true }, null],
    [{ account: false, meals: true }, null],
    [
      { account: true, meals: false },
      [
        { purpose: 'account', version: 3, given: true },
        { purpose: 'meals', version: 3, given: false },
      ],
    ],
  ])('%o', (given, expected) => expect(answers(texts, given as Record<string, boolean>)).toEqual(expected))
})

describe('the door', () => {
  it.each([
    ['13800000001', '138 0000 0001'],
    ['+86 138-0000-0001', '138 0000 0001'],
    ['１３８', '138'],
  ])('reads %s', (text, shown) => expect(groupedPhone(text)).toBe(shown))
  it('knows a phone number', () => {
    expect(['13800000001', '+8613800000001', '1380000000', '12800000001'].map(isPhone)).toEqual([
      ...[true, true, false, false],
    ])
    expect(phoneOf('138 0000 0001')).toBe('13800000001')
  })
  it.each([
    ['123456', '123456'],
    ['【一通】验证码 123456，5 分钟内有效', '123456'],
    ['12 34 56', '123456'],
    ['12345', '12345'],
  ])('takes the code out of %s', (text, code) => expect(codeOf(text)).toBe(code))
  it.each([
    ['/inbox', '/inbox'],
    ['//elsewhere.example', '/'],
    ['https://elsewhere.example', '/'],
    [undefined, '/'],
    ['/sign-in?to=/x', '/'],
  ])('goes on from %s to %s', (to, place) => expect(placeAfter(to)).toBe(place))
})

describe('months', () => {
  it('begin on Monday and hold all their days', () => {
    const november = weeks('2026-11')
    expect(november[0]).toEqual([null, null, null, null, null, null, '2026-11-01'])
    expect(november.at(-1)?.[0]).toBe('2026-11-30')
    expect(november.flat().filter(Boolean)).toHaveLength(30)
    expect(weeks('2027-02')).toHaveLength(4)
  })
  it('go over the end of a year', () => {
    expect(moveMonth('2026-12', 1)).toBe('2027-01')
    expect(moveMonth('2026-01', -1)).toBe('2025-12')
  })
  it('have a first and a last day', () =>
    expect([firstDay('2028-02'), lastDay('2028-02')]).toEqual(['2028-02-01', '2028-02-29']))
  it('have names', () => expect(monthName('2026-03')).toBe('2026年3月'))
})

describe('limits', () => {
  const none = { meal: null, day: null, purchase: null, no_buy: [], allergens: [] }
  const of = { ...none, meal: { fen: 123_450 }, allergens: ['花生', '虾'], low_balance: null, version: 4 }
  it('come back as they were', () => {
    const form = formOf({ ...of, school: none, categories: [], known_allergens: ['花生'] })
    expect(form.amounts.meal).toBe('1234.50')
    // Only a word that dishes are marked with stops one.
    expect([form.allergens, form.others]).toEqual([['花生'], '虾'])
    expect(answerOf(form, 4)).toEqual(of)
  })
  it('are not sent while one is no amount', () => {
    const form = formOf({ ...of, school: none, categories: [], known_allergens: ['花生'] })
    form.amounts.day = 'ten'
    expect(answerOf(form, 4)).toBeNull()
  })
  it('take words between any marks, once', () =>
    expect(wordsIn('花生，虾、 花生;牛奶')).toEqual(['花生', '虾', '牛奶']))
})

describe('the line of events', () => {
  it('is tried again ever later, never at once', () => {
    expect([0, 1, 2, 3, 50].map((tries) => againAfter(tries, 0.5))).toEqual([1000, 3000, 8000, 20_000, 20_000])
    expect(againAfter(0, 0)).toBeGreaterThan(0)
  })
})

describe('messages', () => {
  it.each([
    ['/parent/inbox', '/inbox'],
    ['/parent//elsewhere.example', null],
    ['https://elsewhere.example/parent/inbox', null],
    ['/admin/', null],
    [null, null],
  ])('%s leads to %s', (link, place) => expect(placeIn(link)).toBe(place))
  it.each([
    ['/topup', 'b1', '/children/b1/topup'],
    ['/purchases/u1', 'b1', '/children/b1/purchases/u1'],
    ['/complaints/c1', 'b1', '/children/b1/complaints'],
    ['/purchases', 'b1', null],
    ['/topup', undefined, null],
    ['/topup', '../x', null],
  ])('%s of %s is %s', (path, child, page) => expect(pageOfChild(path, child)).toBe(page))
  it('are pushed with a key in base64url', () => expect([...bytesOf('_-8A')]).toEqual([255, 239, 0]))
})

describe('colours', () => {
  const css = ['shared/tokens', 'parent/parent']
    .map((file) => readFileSync(new URL(`../src/${file}.css`, import.meta.url), 'utf8'))
    .join('\n')
  function light(name: string): number {
    const hex = /^[0-9a-f]{6}$/.test(name) ? name : new RegExp(`--${name}: #([0-9a-f]{6})`).exec(css)?.[1]
    if (!hex) throw new Error(`no colour ${name}`)
    const parts = [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    const [r, g, b] = parts.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
  }
  function contrast(a: string, b: string): number {
    const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y)
    return (bright! + 0.05) / (dark! + 0.05)
  }
  it.each([
    ['ffffff', 'brand'],
    ['ffffff', 'brand-dark'],
    ['ffffff', 'danger'],
    ['brand-dark', 'brand-soft'],
    ['ink-2', 'ground'],
    ['brand', 'ground'],
    // What can't be pressed is still read.
    ['ink-2', 'e3e8ed'],
  ])('%s on %s can be read', (a, b) => expect(contrast(a, b)).toBeGreaterThanOrEqual(4.5))
  // WCAG 2.2, 1.4.11: 3 for what shows where a field is.
  it('frames of fields can be seen', () => expect(contrast('frame', 'paper')).toBeGreaterThanOrEqual(3))
})
