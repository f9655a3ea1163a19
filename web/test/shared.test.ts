import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { newId } from '@/shared/ids'
import { fenOf, rmb, yuan } from '@/shared/money'
import { plusDays, today } from '@/shared/days'

describe('money', () => {
  it.each([
    [0, '0.00'],
    [5, '0.05'],
    [1250, '12.50'],
    [-5, '-0.05'],
    [123456789, '1,234,567.89'],
  ])('shows %i fen as %s', (fen, text) => expect(yuan(fen)).toBe(text))

  it.each([
    ['12', 1200],
    ['12.5', 1250],
    ['１２．５０', 1250],
    ['¥1,234.56', 123456],
    ['12.505', null],
    ['', null],
    ['-1', null],
    ['1e3', null],
  ])('reads %s', (text, fen) => expect(fenOf(text)).toBe(fen))

  it('puts the sign before the currency', () => expect(rmb(-100)).toBe('-¥1.00'))
})

describe('days', () => {
  it('are those of China', () => expect(today(Date.parse('2026-11-23T16:30:00Z'))).toBe('2026-11-24'))
  it('go over the end of a month', () => expect(plusDays('2026-02-28', 1)).toBe('2026-03-01'))
})

describe('names', () => {
  it('are UUIDv7 in time order', () => {
    const [a, b] = [newId(1_700_000_000_000), newId(1_700_000_000_001)]
    expect(a).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(a < b).toBe(true)
    expect(newId()).not.toBe(newId())
  })
})

describe('colours', () => {
  const css = readFileSync(new URL('../src/shared/tokens.css', import.meta.url), 'utf8')
  const colour = (name: string) => {
    const found = new RegExp(`--${name}: #([0-9a-f]{6})`).exec(css)
    if (!found) throw new Error(`no token ${name}`)
    return [0, 2, 4].map((at) => parseInt(found[1]!.slice(at, at + 2), 16) / 255)
  }
  const light = (name: string) => {
    const [r, g, b] = colour(name).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
  }
  const contrast = (a: string, b: string) => {
    const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y)
    return (bright! + 0.05) / (dark! + 0.05)
  }
  // WCAG 2.2, 1.4.3: 4.5 for text.
  it.each([
    ['ink', 'paper'],
    ['ink-2', 'paper'],
    ['ink-2', 'ground'],
    ['brand', 'paper'],
    ['brand', 'brand-soft'],
    ['success', 'paper'],
    ['warning', 'paper'],
    ['danger', 'paper'],
  ])('%s on %s can be read', (a, b) => expect(contrast(a, b)).toBeGreaterThanOrEqual(4.5))
})
