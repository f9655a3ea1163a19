// The policy between the form's texts and the API's fen and numbers.
import type { Schemas } from '@/shared/api/client'
import { fenOf } from '@/shared/money'
import { limitsOf, moneyText, textsOf, wholeOf, type LimitTexts, type Wrong } from './limits'

type Policy = Schemas['Policy']
type Codes = Schemas['PolicyCodes']

/** The fields that hold money, by the names the server uses for them. */
export const MONEY = ['topup.min', 'topup.single_cap', 'topup.balance_cap', 'purchase.single_cap', 'arrears.cap']

/** The fields of codes that have a number to type. */
export const CODE_MONEY = ['phone_use_cap', 'phone_total_cap', 'card_cap'] as const
export const CODE_NUMBERS = ['phone_uses', 'phone_life_h', 'copy_window_s', 'copy_near_window_s'] as const

export type CodeTexts = Record<(typeof CODE_MONEY)[number] | (typeof CODE_NUMBERS)[number], string> &
  Record<'pupils_phone' | 'staff_phone' | 'copy_photo_check' | 'card_photo_check', boolean>

export interface PolicyTexts {
  min: string
  single_cap: string
  balance_cap: string
  purchase_cap: string
  limits: LimitTexts
  arrears_allowed: boolean
  arrears_cap: string
  duplicate_window_s: string
  undo_minutes: string
  require_meal_period: boolean
  codes: CodeTexts | null
}

export function policyTexts(policy: Policy): PolicyTexts {
  return {
    min: moneyText(policy.topup.min.fen),
    single_cap: moneyText(policy.topup.single_cap.fen),
    balance_cap: moneyText(policy.topup.balance_cap.fen),
    purchase_cap: moneyText(policy.purchase.single_cap.fen),
    limits: textsOf(policy.limits),
    arrears_allowed: policy.arrears.allowed,
    arrears_cap: moneyText(policy.arrears.cap.fen),
    duplicate_window_s: String(policy.duplicate_window_s),
    undo_minutes: String(policy.undo_minutes),
    require_meal_period: policy.require_meal_period,
    codes: policy.codes ? codeTexts(policy.codes) : null,
  }
}

function codeTexts(codes: Codes): CodeTexts {
  const { pupils_phone, staff_phone, copy_photo_check, card_photo_check } = codes
  const numbers = CODE_NUMBERS.map((field) => [field, String(codes[field])])
  const money = CODE_MONEY.map((field) => [field, moneyText(codes[field].fen)])
  const yes = { pupils_phone, staff_phone, copy_photo_check, card_photo_check }
  return { ...yes, ...Object.fromEntries([...numbers, ...money]) } as CodeTexts
}

export function policyOf(texts: PolicyTexts): { policy: Policy; wrong: Wrong[] } {
  const { limits, wrong } = limitsOf(texts.limits)
  const money = (field: string, text: string) => {
    const fen = fenOf(text)
    if (fen === null) wrong.push({ field, kind: 'money' })
    return { fen: fen ?? 0 }
  }
  const number = (field: string, text: string) => {
    const whole = wholeOf(text)
    if (whole === null) wrong.push({ field, kind: 'number' })
    return whole ?? 0
  }
  const policy: Policy = {
    topup: {
      min: money('topup.min', texts.min),
      single_cap: money('topup.single_cap', texts.single_cap),
      balance_cap: money('topup.balance_cap', texts.balance_cap),
    },
    purchase: { single_cap: money('purchase.single_cap', texts.purchase_cap) },
    limits,
    arrears: { allowed: texts.arrears_allowed, cap: money('arrears.cap', texts.arrears_cap) },
    duplicate_window_s: number('duplicate_window_s', texts.duplicate_window_s),
    undo_minutes: number('undo_minutes', texts.undo_minutes),
    require_meal_period: texts.require_meal_period,
  }
  const codes = texts.codes
  if (codes) {
    const { pupils_phone, staff_phone, copy_photo_check, card_photo_check } = codes
    policy.codes = {
      pupils_phone,
      staff_phone,
      copy_photo_check,
      card_photo_check,
      card_cap: money('codes.card_cap', codes.card_cap),
      phone_use_cap: money('codes.phone_use_cap', codes.phone_use_cap),
      phone_total_cap: money('codes.phone_total_cap', codes.phone_total_cap),
      phone_uses: number('codes.phone_uses', codes.phone_uses),
      phone_life_h: number('codes.phone_life_h', codes.phone_life_h),
      copy_window_s: number('codes.copy_window_s', codes.copy_window_s),
      copy_near_window_s: number('codes.copy_near_window_s', codes.copy_near_window_s),
    }
  }
  return { policy, wrong }
}
