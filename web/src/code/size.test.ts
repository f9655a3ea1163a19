import { expect, test } from 'vitest'
import { picture } from '@/shared/qr'
import { sidePx } from './size'

test('the digits of a dynamic code are version 10, with four modules around', () => {
  const { side, path } = picture('97' + '0123456789'.repeat(46) + '12345678')
  expect(side).toBe(57 + 8)
  // The first dark module of the finder pattern stands inside of the quiet zone.
  expect(path.startsWith('M4 4h7v1h-7z')).toBe(true)
})

/** Modules are whole pixels; the symbol alone, without its quiet zone, in millimetres. */
function check(place: { width: number; height: number }, onPhone: boolean, px: number, mm: number) {
  const side = sidePx(place, onPhone)
  expect(side).toBe(px)
  expect(side % 65).toBe(0)
  expect(((side / 65) * 57 * 25.4) / (onPhone ? 160 : 96)).toBeGreaterThanOrEqual(mm)
}

test('it is as large as readers want', () => {
  check({ width: 336, height: 523 }, true, 325, 45)
  check({ width: 336, height: 200 }, true, 325, 45)
  check({ width: 520, height: 476 }, false, 455, 40)
  check({ width: 1000, height: 1000 }, false, 520, 40)
  // A screen that is narrower than that shows as much as it can.
  check({ width: 280, height: 400 }, true, 260, 36)
})
