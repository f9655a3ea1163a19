// The bars of live sales: no holes between sales, round times below them.
import { expect, test } from 'vitest'
import { busiest, ticks, withoutHoles } from '@/admin/sales/buckets'

const of = (at: string, fen: number) => ({ at, amount: { fen }, count: fen ? 1 : 0 })

test('quiet minutes between two sales are empty bars', () => {
  const bars = withoutHoles([of('11:50', 1200), of('12:05', 800)])
  expect(bars.map((bar) => [bar.at, bar.amount.fen])).toEqual([
    ['11:50', 1200],
    ['11:55', 0],
    ['12:00', 0],
    ['12:05', 800],
  ])
  expect(withoutHoles([])).toEqual([])
})

test('the busiest bar is the first of the largest', () => {
  expect(busiest([of('11:50', 5), of('11:55', 9), of('12:00', 9)])?.at).toBe('11:55')
  expect(busiest([])).toBeNull()
})

test('ticks are round times at their place', () => {
  const hour = withoutHoles([of('06:40', 1), of('07:35', 1)])
  expect(ticks(hour).map((tick) => tick.label)).toEqual(['06:45', '07:00', '07:15', '07:30'])
  expect(ticks(hour)[1]!.at).toBeCloseTo(20 / 60)
  const day = withoutHoles([of('06:30', 1), of('19:25', 1)])
  expect(ticks(day).map((tick) => tick.label)).toEqual(['09:00', '12:00', '15:00', '18:00'])
})
