import { describe, expect, it } from 'vitest'
import { ApiProblem, Unreachable } from '@/shared/api/client'
import { Kept, isUnknown, pause, settle, type Pending } from '@/admin/topups/asking'
import { Burst, isCampusCode } from '@/admin/topups/burst'
import { capitals } from '@/admin/topups/capitals'
import { most, parts, wrong } from '@/admin/topups/desk'

describe('capital figures', () => {
  it.each([
    [0, '零元整'],
    [1, '壹分'],
    [50, '伍角整'],
    [105, '壹元零伍分'],
    [10000, '壹佰元整'],
    [140950, '壹仟肆佰零玖元伍角整'],
    [600714, '陆仟零柒元壹角肆分'],
    [32504, '叁佰贰拾伍元零肆分'],
    [1640902, '壹万陆仟肆佰零玖元零贰分'],
    [1000000, '壹万元整'],
    [1001000, '壹万零壹拾元整'],
    [1020000, '壹万零贰佰元整'],
    [10700053, '壹拾万柒仟元伍角叁分'],
    [100_0000_0000, '壹亿元整'],
    [100_0000_0500, '壹亿零伍元整'],
    [100_0100_0000, '壹亿零壹万元整'],
    [20_0000_0001, '贰仟万元零壹分'],
    [50000, '伍佰元整'],
  ])('writes %i fen as %s', (fen, text) => expect(capitals(fen)).toBe(text))

  it('refuses what is not an amount', () => {
    expect(() => capitals(-1)).toThrow(RangeError)
    expect(() => capitals(1.5)).toThrow(RangeError)
  })

  it('writes every amount differently', () => {
    const seen = new Set<string>()
    for (let fen = 0; fen <= 120_000; fen++) seen.add(capitals(fen))
    expect(seen.size).toBe(120_001)
  })
})

const held = (balance: number, arrears = 0) => ({ balance: { fen: balance }, arrears: { fen: arrears } })
const caps = { min: { fen: 100 }, single_cap: { fen: 50000 }, balance_cap: { fen: 100000 } }

describe('before a top-up', () => {
  it('repays first', () => {
    expect(parts(10000, held(500, 2260))).toEqual({
      repaid: 2260,
      credited: 7740,
      balanceAfter: 8240,
      arrearsAfter: 0,
    })
    expect(parts(1000, held(0, 2260))).toEqual({ repaid: 1000, credited: 0, balanceAfter: 0, arrearsAfter: 1260 })
  })

  it('says each cap by its name, in the order of the server', () => {
    expect(wrong(null, held(0), caps)).toEqual({ code: 'unreadable' })
    expect(wrong(99, held(0), caps)).toEqual({ code: 'under_minimum', fen: 100 })
    expect(wrong(50001, held(99999), caps)).toEqual({ code: 'over_single_cap', fen: 50000 })
    expect(wrong(30000, held(80000, 500), caps)).toEqual({ code: 'over_balance_cap', fen: 100000, room: 20500 })
    expect(wrong(20500, held(80000, 500), caps)).toBeNull()
  })

  it('offers the most that passes', () => {
    expect(most(held(0), caps)).toBe(50000)
    expect(most(held(80000, 500), caps)).toBe(20500)
    expect(wrong(most(held(80000, 500), caps), held(80000, 500), caps)).toBeNull()
    expect(most(held(99950), caps)).toBe(0)
    expect(most(held(120000), caps)).toBe(0)
  })
})

const pending: Pending = { id: '0193-a', person: 'p', amount: 100, note: '' }
const problem = (status: number) => new ApiProblem(status, 'x', '', '', undefined, {})

function desk(answers: unknown[]) {
  const sent: Pending[] = []
  const silent: number[] = []
  return {
    sent,
    silences: silent,
    send: async (of: Pending) => {
      sent.push(of)
      const answer = answers.shift()
      if (answer instanceof Error) throw answer
      return answer
    },
    silent: (tries: number) => void silent.push(tries),
    wait: async () => {},
    open: () => sent.length < 9,
  }
}

describe('asking for a top-up', () => {
  it('asks again with the same name until there is an answer', async () => {
    const at = desk([new Unreachable(), problem(503), problem(429), { id: '0193-a' }])
    expect(await settle(pending, at)).toEqual({ id: '0193-a' })
    expect(at.sent.map((of) => of.id)).toEqual(['0193-a', '0193-a', '0193-a', '0193-a'])
    expect(at.silences).toEqual([1, 2, 3])
  })

  it('stops at a refusal', async () => {
    const at = desk([problem(422)])
    await expect(settle(pending, at)).rejects.toMatchObject({ status: 422 })
    expect(at.sent).toHaveLength(1)
  })

  it('stops, but knows nothing, when the session is over', async () => {
    const at = desk([new Unreachable(), problem(401)])
    await expect(settle(pending, at)).rejects.toMatchObject({ status: 401 })
    expect(isUnknown(problem(401))).toBe(true)
    expect(isUnknown(problem(409))).toBe(false)
    expect(isUnknown(problem(403))).toBe(true)
    expect(isUnknown(problem(403), true)).toBe(false)
    expect(isUnknown(problem(503), true)).toBe(true)
  })

  it('stops when the page is left', async () => {
    expect(await settle(pending, desk(Array.from({ length: 20 }, () => new Unreachable())))).toBeNull()
  })

  it('waits longer, but never long', () => {
    expect([1, 2, 3, 4, 5, 9].map(pause)).toEqual([1000, 2000, 4000, 8000, 10000, 10000])
  })

  it('keeps the name for this user only', () => {
    const map = new Map<string, string>()
    const storage = {
      getItem: (key: string) => map.get(key) ?? null,
      setItem: (key: string, text: string) => void map.set(key, text),
      removeItem: (key: string) => void map.delete(key),
    }
    const mine = new Kept('s', 'a', storage)
    mine.set(pending)
    expect(new Kept('s', 'a', storage).get()).toEqual(pending)
    expect(new Kept('s', 'b', storage).get()).toBeNull()
    mine.set(null)
    expect(mine.get()).toBeNull()
    map.set('yitong.topup.s.a', '{"id":')
    expect(mine.get()).toBeNull()
  })
})

describe('a scan at the desk', () => {
  const type = (burst: Burst, text: string, gap: number) =>
    [...text].map((key, at) => burst.hear(key, 1000 + at * gap)).filter(Boolean)

  it('is heard when fast, and is nothing when slow', () => {
    const fast = new Burst()
    expect(type(fast, '202400279', 8)).toEqual([])
    expect(fast.hear('Enter', 1000 + 9 * 8)).toBe('202400279')
    const slow = new Burst()
    type(slow, '202400279', 120)
    expect(slow.hear('Enter', 1000 + 9 * 120)).toBeNull()
  })

  it('begins where fields still hold what they held', () => {
    const burst = new Burst()
    burst.hear('2', 1000)
    expect(burst.begins).toBe(true)
    burst.hear('0', 1008)
    expect(burst.begins).toBe(false)
  })

  it('knows a campus code', () => {
    expect(isCampusCode(`97${'0'.repeat(198)}`)).toBe(true)
    expect(isCampusCode('202400279')).toBe(false)
  })
})
