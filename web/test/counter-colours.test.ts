// The colours of counter and terminal on their backgrounds, as WCAG 2.2 asks for (1.4.3: 4.5 for text).
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const css = [
  'shared/tokens',
  'shared/dark',
  'counter/counter',
  'counter/result',
  'counter/customer',
  'kiosk/customer/customer',
  'kiosk/operator/panes',
]
  .map((file) => readFileSync(new URL(`../src/${file}.css`, import.meta.url), 'utf8'))
  .join('\n')

function light(name: string): number {
  const found = name === 'white' ? ['', 'ffffff'] : new RegExp(`--${name}: #([0-9a-f]{6})`).exec(css)
  if (!found) throw new Error(`no colour ${name}`)
  const parts = [0, 2, 4].map((at) => parseInt(found[1]!.slice(at, at + 2), 16) / 255)
  const [r, g, b] = parts.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}

function contrast(a: string, b: string): number {
  const [dark, bright] = [light(a), light(b)].sort((x, y) => x - y)
  return (bright! + 0.05) / (dark! + 0.05)
}

describe('colours of counter and terminal', () => {
  it.each([
    ['light', 'night'],
    ['light', 'night-2'],
    ['light', 'night-3'],
    ['light-2', 'night'],
    ['light-2', 'night-2'],
    ['light-2', 'night-3'],
    ['on-go', 'go'],
    ['on-chosen', 'chosen'],
    ['on-call', 'call'],
    ['on-alert', 'alert'],
    ['good', 'night'],
    ['bad', 'night'],
    ['white', 'result-sending'],
    ['white', 'result-paid'],
    ['white', 'result-refused'],
    ['white', 'result-asking'],
    ['customer-go', 'customer-paid'],
    ['customer-ask', 'customer-see'],
    ['ink-2', 'customer-paid'],
    ['ink-2', 'customer-see'],
    ['brand-dark', 'paper'],
    ['brand-dark', 'brand-soft'],
    ['kiosk-calm', 'paper'],
    ['white', 'kiosk-paid'],
    ['white', 'kiosk-bad'],
    ['white', 'kiosk-told'],
    ['white', 'result-deciding'],
    ['white', 'result-undone'],
    ['white', 'result-balance'],
    ['white', 'result-hint'],
  ])('%s on %s can be read', (a, b) => expect(contrast(a, b)).toBeGreaterThanOrEqual(4.5))
})
