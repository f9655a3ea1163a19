import { beforeEach, describe, expect, it, vi } from 'vitest'

vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => {} })
const { carried, chosenOf, letter, percent, planTitle, valueWord } = await import('@/admin/imports/plans')
const { renames } = await import('@/admin/imports/promotion')
const { locale } = await import('@/shared/locale')

const column = (index: number, header: string, field: string | null = null) => ({
  index,
  header,
  sample: [],
  field,
})

describe('the columns of a file', () => {
  it.each([
    [0, 'A'],
    [25, 'Z'],
    [26, 'AA'],
    [99, 'CV'],
  ])('column %i is %s', (index, name) => expect(letter(index)).toBe(name))

  it('begins with what the server recognised', () => {
    expect(chosenOf([column(0, '学号', 'number'), column(1, '备注')])).toEqual({ 0: 'number' })
  })

  it('keeps a choice where the heading is the same in another sheet', () => {
    const before = [column(0, '代码'), column(1, '称呼'), column(2, '')]
    const after = [column(0, '称呼'), column(1, '代码'), column(2, '')]
    expect(carried(before, { 0: 'number', 1: 'name', 2: 'class' }, after)).toEqual({ 0: 'name', 1: 'number' })
  })

  it('gives a field to one column only', () => {
    const before = [column(0, '电话')]
    expect(carried(before, { 0: 'phone' }, [column(0, '电话'), column(1, '电话')])).toEqual({ 0: 'phone' })
  })
})

describe('the words of a plan', () => {
  beforeEach(() => void (locale.value = 'zh'))

  it('calls an import by its file and a move by its kind', () => {
    expect(planTitle({ kind: 'import', file_name: '新生 名单.xlsx' })).toBe('新生 名单.xlsx')
    expect(planTitle({ kind: 'transfer', file_name: '转入 七年级2班' })).toBe('转班 七年级2班')
    locale.value = 'en'
    expect(planTitle({ kind: 'leaving', file_name: '离校 2026-07-01 毕业' })).toBe('Leaving 2026-07-01 毕业')
  })

  it.each([
    ['gender', 'f', '女'],
    ['status', 'left', '已离校'],
    ['joined_on', '20260901', '2026-09-01'],
    ['phone', '***', '已登记（不显示）'],
    ['class', '', '空'],
    ['name', '王小明', '王小明'],
  ])('says %s %s as %s', (field, value, said) => expect(valueWord(field, value)).toBe(said))

  it.each([
    [0, 1500, 0],
    [749, 1500, 49],
    [1600, 1500, 100],
    [0, 0, 100],
  ])('%i of %i is %i per cent', (done, total, said) => expect(percent({ done, total })).toBe(said))
})

describe('a promotion', () => {
  it('sends only the names that somebody wrote', () => {
    const none = { to: ' ', graduates: false }
    const names = {
      七年级1班: none,
      实验班: { to: ' 实验二班 ', graduates: false },
      九年级1班: { to: 'x', graduates: true },
    }
    expect(renames(names)).toEqual([
      { from_class: '实验班', to_name: '实验二班' },
      { from_class: '九年级1班', to_name: null },
    ])
  })
})
