// Dishes by category, what an edit sends, and barcodes that fit a label.
import { expect, test } from 'vitest'
import { barsOf, byCategory, changes, type Dish } from '@/admin/menu/dish'

const rice: Dish = {
  id: 'r',
  name: '米饭',
  name_en: null,
  category: '主食',
  price: { fen: 100 },
  barcode: '2000000000015',
  stalls: [],
  periods: [],
  allergens: [],
  revision: 1,
  revision_id: 'v',
  withdrawn: false,
  weighed: false,
}
const form = { ...rice, name_en: '' }

test('dishes of one category stand together', () => {
  const groups = byCategory([rice, { ...rice, id: 's' }, { ...rice, id: 'm', category: '荤菜' }])
  expect(groups.map((group) => [group.category, group.dishes.length])).toEqual([
    ['主食', 2],
    ['荤菜', 1],
  ])
})

test('an edit sends only what differs', () => {
  expect(changes(rice, form)).toEqual({})
  expect(changes(rice, { ...form, price: { fen: 150 } })).toEqual({ price: { fen: 150 } })
  expect(changes({ ...rice, allergens: ['蛋类'] }, form)).toEqual({ allergens: [] })
})

test('an EAN-13 has bars of 0.4 mm, a long code has narrower ones', () => {
  const ean = barsOf('<svg viewBox="0 0 95 60"></svg>')
  expect(ean.widthMm).toBeCloseTo(38)
  expect(ean.narrow).toBe(false)
  const long = barsOf('<svg viewBox="0 0 387 60"></svg>')
  expect(long.widthMm + 2 * long.quietMm).toBeCloseTo(58)
  expect(long.narrow).toBe(true)
})
