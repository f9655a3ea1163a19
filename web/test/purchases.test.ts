// The filters of the purchases: in the address, and as the server is asked.
import { expect, test } from 'vitest'
import { addressOf, askOf, filtersOf, isBadAmount } from '@/admin/purchases/filters'

const TODAY = '2026-11-24'

test('the list begins with today, of a person with the last weeks', () => {
  expect(filtersOf({}, TODAY)).toMatchObject({ from: TODAY, to: TODAY, q: '' })
  expect(filtersOf({ person: 'p1' }, TODAY)).toMatchObject({ from: '2026-10-25', to: TODAY, person: 'p1' })
  expect(filtersOf({ from: '2026-11-01', to: '2026-11-02' }, TODAY)).toMatchObject({ from: '2026-11-01' })
})

test('an address gives back the filters that made it', () => {
  const of = { ...filtersOf({}, TODAY), q: ' 王 ', status: 'refused', min: '1.5' }
  const address = addressOf(of)
  expect(address).toEqual({ from: TODAY, to: TODAY, q: '王', status: 'refused', min: '1.5' })
  expect(filtersOf(address, '2027-01-01')).toEqual({ ...of, q: '王' })
})

test('amounts are asked for in fen; what is no amount is not asked for', () => {
  const of = filtersOf({ min: '１2.5', max: 'lots' }, TODAY)
  expect(askOf(of)).toMatchObject({ min: 1250, max: undefined })
  expect([isBadAmount('１2.5'), isBadAmount('lots'), isBadAmount(' '), isBadAmount('1.234')]).toEqual([
    false,
    true,
    false,
    true,
  ])
})
