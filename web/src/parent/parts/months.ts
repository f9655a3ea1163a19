// Months and their days, as words and as a grid.
import { isEnglish } from '@/shared/locale'

const ENGLISH = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** 2026-11 a number of months earlier or later. */
export function moveMonth(month: string, by: number): string {
  const [year = 0, of = 1] = month.split('-').map(Number)
  const index = year * 12 + (of - 1) + by
  return `${Math.floor(index / 12)}-${String((index % 12) + 1).padStart(2, '0')}`
}

export function monthName(month: string): string {
  const [year, of = '1'] = month.split('-')
  return isEnglish.value ? `${ENGLISH[Number(of) - 1]} ${year}` : `${year}年${Number(of)}月`
}

/** The month alone, where the year stands beside it. */
export function monthOnly(month: string): string {
  const of = Number(month.slice(5))
  return isEnglish.value ? (ENGLISH[of - 1] ?? '') : `${of}月`
}

export function firstDay(month: string): string {
  return `${month}-01`
}

export function lastDay(month: string): string {
  return new Date(Date.parse(`${moveMonth(month, 1)}-01T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10)
}

/** Weeks from Monday to Sunday; what is before the first and after the last day is empty. */
export function weeks(month: string): (string | null)[][] {
  const first = new Date(`${month}-01T00:00:00Z`)
  const days = Number(lastDay(month).slice(8))
  const before = (first.getUTCDay() + 6) % 7
  const cells = Array.from({ length: Math.ceil((before + days) / 7) * 7 }, (_, at) => {
    const day = at - before + 1
    return day >= 1 && day <= days ? `${month}-${String(day).padStart(2, '0')}` : null
  })
  return Array.from({ length: cells.length / 7 }, (_, at) => cells.slice(at * 7, at * 7 + 7))
}

/** 11月24日 or 24 Nov. */
export function dayName(day: string): string {
  const [, month = '1', of = '1'] = day.split('-')
  return isEnglish.value ? `${Number(of)} ${ENGLISH[Number(month) - 1]}` : `${Number(month)}月${Number(of)}日`
}
