import { describe, expect, it, vi } from 'vitest'
import { addressOf, askOf, filtersOf } from '@/admin/payments/filters'
import { buttonsOf, stopped, textsOf } from '@/admin/payments/policy'
import { SETTINGS, changesOf, formOf, type Form, type Kept } from '@/admin/payments/settings'

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => {} })
const { locale } = await import('@/shared/locale')
const {
  KINDS,
  ORDER_STATES,
  REFUND_STATES,
  historyWords,
  orderAbout,
  orderTag,
  reasonWords,
  refundAbout,
  refundTag,
} = await import('@/admin/payments/states')

describe('words of states', () => {
  it('never calls what is unknown a failure, nor paid', () => {
    for (const lang of ['zh', 'en'] as const) {
      locale.value = lang
      for (const tag of [orderTag('unknown'), refundTag('sent')]) {
        expect(tag.words).toBe(lang === 'zh' ? '正在确认' : 'Being confirmed')
        expect(['success', 'danger']).not.toContain(tag.kind)
      }
    }
    locale.value = 'zh'
  })

  it('has a word of its own for each, and says what it means for the money', () => {
    for (const [states, tag, about] of [
      [Object.keys(ORDER_STATES), orderTag, orderAbout],
      [Object.keys(REFUND_STATES), refundTag, refundAbout],
    ] as const) {
      expect(new Set(states.map((state) => tag(state).words)).size).toBe(states.length)
      for (const state of states) expect(about(state)).not.toBe('')
    }
  })

  it('shows a word of a newer server as it is', () => {
    expect(orderTag('pondered')).toEqual({ words: 'pondered', kind: 'info' })
    expect(orderAbout('pondered')).toBe('')
  })

  it('tells how a refund moved, and leaves what people and channels wrote', () => {
    expect(historyWords('refund', 'sent → done Done')).toBe('正在确认 → 已退款 · 已退回（Done）')
    expect(historyWords('refund', 'created → sent ')).toBe('待发送 → 正在确认')
    expect(historyWords('query', 'Absent')).toBe('渠道没有这个单号（Absent）')
    expect(historyWords('close', 'absent')).toBe('渠道没有这个单号（absent）')
    expect(historyWords('office', 'Done')).toBe('Done')
    expect(historyWords('office', 'asked → done')).toBe('asked → done')
    expect(historyWords('created', 'NOAUTH 无权限')).toBe('NOAUTH 无权限')
  })

  it('tells our own reasons from what somebody typed', () => {
    expect(reasonWords('suspense', 'twice')).toBe('重复付款，自动退回')
    expect(reasonWords('wallet', 'twice')).toBe('twice')
    expect(reasonWords('wallet', '转学')).toBe('转学')
  })
})

describe('the list of payment orders', () => {
  it('keeps its filters in the address', () => {
    const filters = {
      q: ' 张 ',
      days: ['2026-11-01', '2026-11-27'] as [string, string],
      state: 'unknown',
      alarm: true,
    }
    const address = addressOf({ ...filters, person: '' })
    expect(address).toEqual({ q: '张', from: '2026-11-01', to: '2026-11-27', state: 'unknown', alarm: '1' })
    expect(filtersOf(address)).toEqual({ ...filters, q: '张', person: '' })
  })

  it('asks only for what was chosen', () => {
    expect(Object.values(askOf(filtersOf({}))).filter((value) => value !== undefined)).toEqual([])
    expect(askOf(filtersOf({ from: '2026-11-01' })).from).toBeUndefined()
  })
})

describe('buttons of the top-up page', () => {
  it('reads yuan without floats, and names the field that is wrong', () => {
    expect(buttonsOf(['50', '８８．５', '1,000'])).toEqual({ buttons: [5000, 8850, 100000], wrong: ['', '', ''] })
    expect(buttonsOf(['0.99', '10000', '10000.01', '1.005', '十']).wrong).toEqual([
      'bad_button',
      '',
      'bad_button',
      'bad_button',
      'bad_button',
    ])
    expect(buttonsOf(['50', '50.00']).wrong).toEqual(['', 'twice'])
    expect(buttonsOf(['', '20'])).toEqual({ buttons: [2000], wrong: ['', ''] })
    expect(buttonsOf(['', '']).wrong).toEqual(['bad_button', ''])
  })

  it('shows what it reads', () =>
    expect(buttonsOf(textsOf([5000, 8850, 1_000_000])).buttons).toEqual([5000, 8850, 1_000_000]))
})

describe('who may clear', () => {
  const accounts = [
    { clearing_org: 'nucc', active: true },
    { clearing_org: 'union_pay', active: true },
    { clearing_org: 'nucc', active: false },
  ]
  it('is anybody where nobody is named', () => expect(stopped(accounts, [])).toEqual([]))
  it('stops the active accounts of others', () => expect(stopped(accounts, ['union_pay'])).toEqual([accounts[0]]))
})

describe('settings of a channel', () => {
  const typed = (form: Form, key: string, ...entries: Record<string, string>[]) => {
    form[key] = { entries: entries.map((entry) => ({ ...form[key]!.entries[0]!, ...entry })), remove: false }
    return form
  }
  const kept: Kept[] = [
    { key: 'mchid', value: '1900000001' },
    { key: 'appid', value: 'wx1' },
    { key: 'base_url', value: 'https://pay.example' },
    { key: 'api_v3_keys', value: null },
    { key: 'signing', value: null },
    { key: 'verify_keys', value: null },
  ]

  it('sends a new account whole, in the server’s own shape', () => {
    const form = formOf('wechat', [])
    typed(form, 'mchid', { '': ' 1900000001 ' })
    typed(form, 'appid', { '': 'wx1' })
    typed(form, 'api_v3_keys', { '': 'new' }, { '': 'old' }, { '': '' })
    typed(form, 'signing', { serial: 'AB', private_key: 'PEM', not_after: '' })
    typed(form, 'verify_keys', { id: 'PUB_KEY_ID_1', key: 'PEM', not_after: '2027-06-30' })
    expect(changesOf('wechat', form, [])).toEqual({
      wrong: {},
      settings: {
        mchid: '1900000001',
        appid: 'wx1',
        api_v3_keys: ['new', 'old'],
        signing: [{ serial: 'AB', private_key: 'PEM' }],
        verify_keys: [{ id: 'PUB_KEY_ID_1', key: 'PEM', not_after: '2027-06-30' }],
      },
    })
  })

  it('names what a new account still needs, for every kind', () => {
    for (const kind of KINDS) {
      const needed = SETTINGS[kind].filter((of) => !of.optional).map((of) => of.key)
      const { settings, wrong } = changesOf(kind, formOf(kind, []), [])
      expect(settings).toEqual({})
      expect(wrong).toEqual(Object.fromEntries(needed.map((key) => [key, 'missing'])))
    }
  })

  it('keeps what is left empty, and never sends what did not change', () => {
    expect(changesOf('wechat', formOf('wechat', kept), kept)).toEqual({ settings: {}, wrong: {} })
    const form = typed(formOf('wechat', kept), 'appid', { '': 'wx2' })
    expect(changesOf('wechat', form, kept)).toEqual({ settings: { appid: 'wx2' }, wrong: {} })
  })

  it('takes away what was shown and was emptied, if it may be left out', () => {
    const form = typed(formOf('wechat', kept), 'base_url', { '': '' })
    typed(form, 'mchid', { '': '' })
    expect(changesOf('wechat', form, kept)).toEqual({ settings: { base_url: null }, wrong: { mchid: 'missing' } })
  })

  it('takes away a secret only where somebody says so', () => {
    const certificates: Kept[] = [{ key: 'root_certificates', value: null }]
    const form = formOf('alipay', certificates)
    form['root_certificates']!.remove = true
    expect(changesOf('alipay', form, certificates).settings).toEqual({ root_certificates: null })
  })

  it('wants a group whole', () => {
    const form = typed(formOf('wechat', kept), 'signing', { serial: 'AB' })
    expect(changesOf('wechat', form, kept)).toEqual({ settings: {}, wrong: { signing: 'missing' } })
  })

  it('reads numbers and JSON, or says that they are none', () => {
    const all = ['mer_id', 'signing', 'middle', 'root'].map((key) => ({ key, value: null }))
    const form = formOf('unionpay', all)
    typed(form, 'pay_window_minutes', { '': '45' })
    typed(form, 'undo_until_minute', { '': '22:00' })
    typed(form, 'products', { '': '{"qr": }' })
    expect(changesOf('unionpay', form, all)).toEqual({
      settings: { pay_window_minutes: 45 },
      wrong: { undo_until_minute: 'number', products: 'json' },
    })
  })
})
