import { describe, expect, it } from 'vitest'
import { daysBetween, peopleOf, postingsOf, shortHash, totals } from '@/admin/ledger/postings'
import { plusDays } from '@/shared/days'

describe('postings', () => {
  const topup = [
    ['wallet/p1/0', 28310],
    ['arrears/p1', 1690],
    ['cash-desk', -30000],
  ]

  it('puts what adds on the credit side, and both sides are equal', () => {
    const read = postingsOf(topup)
    expect(read.map((of) => [of.kind, of.of, of.debit, of.credit])).toEqual([
      ['wallet', 'p1', 0, 28310],
      ['arrears', 'p1', 0, 1690],
      ['cash-desk', null, 30000, 0],
    ])
    expect(totals(read)).toEqual({ debit: 30000, credit: 30000 })
  })

  it('knows wallets beside cash, stalls, and accounts that it does not know', () => {
    const read = postingsOf([
      ['wallet/p1/3', -500],
      ['merchant/s1', 500],
      ['something/else', 0],
    ])
    expect(read.map((of) => [of.kind, of.slot])).toEqual([
      ['wallet', 3],
      ['merchant', 0],
      ['unknown', 0],
    ])
    expect(peopleOf(read)).toEqual(['p1'])
  })

  it('shows an entry that moved nothing as nothing', () => {
    expect(totals(postingsOf([]))).toEqual({ debit: 0, credit: 0 })
    expect(postingsOf([['wallet/p/0', 1.5], 'x', null])).toEqual([])
  })
})

describe('days and hashes', () => {
  it('counts days across months', () =>
    expect(daysBetween('2026-02-27', '2026-03-01', plusDays)).toEqual(['2026-02-27', '2026-02-28', '2026-03-01']))

  it('gives none backwards', () => expect(daysBetween('2026-03-02', '2026-03-01', plusDays)).toEqual([]))

  it('shortens a hash at both ends', () => expect(shortHash(`${'a'.repeat(58)}6f2844`)).toBe('aaaaaaaa…6f2844'))
})
