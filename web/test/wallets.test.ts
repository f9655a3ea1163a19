import { describe, expect, it } from 'vitest'
import { pick, type Line } from '@/admin/wallets/statement'

const line = (at: number, kind: string): Line => ({
  id: `e${at}`,
  kind,
  at: '',
  business_day: `2026-11-${String(at).padStart(2, '0')}`,
  amount: { fen: 0 },
  balance_after: { fen: 0 },
  arrears_after: { fen: 0 },
  summary_zh: '',
  summary_en: '',
})
/** Twenty days, newest first; each fifth is a top-up. Pages of four. */
const all = Array.from({ length: 20 }, (_, n) => line(20 - n, (20 - n) % 5 ? 'purchase' : 'topup'))

function book() {
  const asked: (string | undefined)[] = []
  const read = async (cursor: string | undefined) => {
    asked.push(cursor)
    const from = cursor ? all.findIndex((of) => of.id === cursor) : 0
    return { items: all.slice(from, from + 4), next: all[from + 4]?.id ?? null }
  }
  return { asked, read }
}

describe('a statement', () => {
  it('reads one page when nothing is asked for', async () => {
    const { asked, read } = book()
    const page = await pick(read, { kind: '' }, undefined, 4)
    expect(page.items.map((of) => of.id)).toEqual(['e20', 'e19', 'e18', 'e17'])
    expect(page.next).toBe('e16')
    expect(asked).toHaveLength(1)
  })

  it('reads on until enough of the kind are found, and goes on from there', async () => {
    const { read } = book()
    const first = await pick(read, { kind: 'topup' }, undefined, 2)
    expect(first.items.map((of) => of.id)).toEqual(['e20', 'e15'])
    const rest = await pick(read, { kind: 'topup' }, first.next ?? undefined, 9)
    expect(rest.items.map((of) => of.id)).toEqual(['e10', 'e5'])
    expect(rest.next).toBeNull()
  })

  it('stops below the first day', async () => {
    const { asked, read } = book()
    const page = await pick(read, { kind: '', from: '2026-11-14', to: '2026-11-15' }, undefined, 99)
    expect(page.items.map((of) => of.id)).toEqual(['e15', 'e14'])
    expect(page.next).toBeNull()
    expect(asked).toHaveLength(2)
  })

  it('does not read a whole history for one answer', async () => {
    let reads = 0
    const endless = async () => ({ items: [line((reads++ % 28) + 1, 'purchase')], next: 'more' })
    const page = await pick(endless, { kind: 'topup' }, undefined, 1)
    expect(page).toEqual({ items: [], next: 'more' })
    expect(reads).toBe(8)
  })
})
