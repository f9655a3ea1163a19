import { expect, test } from 'vitest'
import type { AutoTopup } from '../wire'
import { answerOf, boundsOf, formOf } from './rule'

const page = {
  rule: null,
  caps: { min: { fen: 100 }, single: { fen: 50_000 }, balance: { fen: 100_000 }, month: { fen: 500_000 } },
} as unknown as AutoTopup

test('what is offered first is a rule that the server takes', () => {
  expect(answerOf(formOf(page), page)).toEqual({
    floor: { fen: 3_000 },
    target: { fen: 20_000 },
    month_cap: { fen: 80_000 },
  })
})

test('each amount is bounded by the others', () => {
  const form = { floor: '30', target: '200', month_cap: '800' }
  const { floor, target, month_cap } = boundsOf(form, page)
  expect([floor.max, target.min, target.max, month_cap.min, month_cap.max]).toEqual([
    99_900, 3_100, 100_000, 17_000, 500_000,
  ])
  for (const wrong of [
    { floor: '' },
    { floor: '0' },
    { target: '30.50' },
    { target: '1001' },
    { month_cap: '169.99' },
  ])
    expect(answerOf({ ...form, ...wrong }, page), JSON.stringify(wrong)).toBeNull()
})
