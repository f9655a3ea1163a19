// Limits and policies between what people type and fen; which limit holds.
import { expect, test } from 'vitest'
import { limitsOf, share, sourceOf, textsOf } from '@/admin/policies/limits'
import { policyOf, policyTexts } from '@/admin/policies/policy'
import type { Schemas } from '@/shared/api/client'

const none = { amount: null, count: null }
const policy: Schemas['Policy'] = {
  topup: { min: { fen: 100 }, single_cap: { fen: 50_000 }, balance_cap: { fen: 100_000 } },
  purchase: { single_cap: { fen: 10_000 } },
  limits: { meal: { amount: null, count: 2 }, day: { amount: { fen: 3050 }, count: null }, month: none },
  arrears: { allowed: true, cap: { fen: 3000 } },
  duplicate_window_s: 10,
  undo_minutes: 0,
  require_meal_period: true,
}

test('a policy that is not edited is sent as it came', () => {
  expect(policyOf(policyTexts(policy))).toEqual({ policy, wrong: [] })
  expect(policyTexts(policy).balance_cap).toBe('1000.00')
})

test('what is no amount or no whole number is named, and an empty cap is not zero', () => {
  const texts = { ...policyTexts(policy), min: '', undo_minutes: '1.5', arrears_cap: '三十' }
  expect(policyOf(texts).wrong.map((one) => [one.field, one.kind])).toEqual([
    ['topup.min', 'money'],
    ['arrears.cap', 'money'],
    ['undo_minutes', 'number'],
  ])
})

test('an empty limit is none; zero is a limit', () => {
  const { limits, wrong } = limitsOf({ ...textsOf(policy.limits), month: { amount: '0', count: '' } })
  expect(wrong).toEqual([])
  expect(limits.month).toEqual({ amount: { fen: 0 }, count: null })
  expect(limits.meal).toEqual({ amount: null, count: 2 })
})

test('the limit that holds is named by the nearest level that set it', () => {
  expect(sourceOf(3000, { school: 5000, class: 3000, person: null })).toBe('class')
  expect(sourceOf(3000, { school: 3000, class: null, person: 3000 })).toBe('person')
  expect(sourceOf(null, { school: null })).toBeNull()
})

test('a bar is full at the limit and at a limit of zero', () => {
  expect(share(1500, 3000)).toBe(50)
  expect(share(9000, 3000)).toBe(100)
  expect(share(0, 0)).toBe(100)
})

test('the rules about codes come back as they were, and what is no number is named by its field', () => {
  const codes = {
    pupils_phone: false,
    staff_phone: true,
    copy_photo_check: true,
    card_cap: { fen: 2000 },
    card_photo_check: true,
    phone_use_cap: { fen: 3000 },
    phone_total_cap: { fen: 10_000 },
    phone_uses: 10,
    phone_life_h: 24,
    copy_window_s: 300,
    copy_near_window_s: 15,
  }
  const texts = policyTexts({ ...policy, codes })
  expect(policyOf(texts)).toEqual({ policy: { ...policy, codes }, wrong: [] })
  const mistyped = { ...texts.codes!, phone_total_cap: '', phone_life_h: '1.5' }
  expect(policyOf({ ...texts, codes: mistyped }).wrong.map((one) => [one.field, one.kind])).toEqual([
    ['codes.phone_total_cap', 'money'],
    ['codes.phone_life_h', 'number'],
  ])
})
