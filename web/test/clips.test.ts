import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import clips from '../src/kiosk/clips/clips.json'

const places = Object.entries(clips as unknown as Record<string, [number, number]>)

/** Where the last page of the sprite ends: Opus counts in 48ths of a millisecond. */
function lengthMs(): number {
  const ogg = readFileSync(new URL('../src/kiosk/clips/clips.ogg', import.meta.url))
  const page = ogg.lastIndexOf('OggS')
  return Number(ogg.readBigUInt64LE(page + 6)) / 48
}

describe('spoken words', () => {
  it('has every word that a result speaks', () => {
    const words = [...'0123456789', '十', '百', '千', '万', '点', '元', '收款成功', '余额', '余额不足', '请重试']
    for (const word of [...words, '已挂失', '离线收款', '已撤销']) expect(clips).toHaveProperty([word])
  })

  it('finds them one after another, with a breath between, inside the sprite', () => {
    let free = 0
    for (const [word, [start, length]] of places.sort(([, a], [, b]) => a[0] - b[0])) {
      expect(start, word).toBeGreaterThanOrEqual(free)
      expect(length, word).toBeGreaterThan(100)
      expect(length, word).toBeLessThan(2000)
      // Cut out with the rounding of a millisecond, a word never touches the next one.
      free = start + length + 40
    }
    expect(free).toBeLessThan(lengthMs() + 40)
    expect(lengthMs()).toBeLessThan(60_000)
  })
})
