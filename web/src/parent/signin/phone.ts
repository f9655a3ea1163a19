// Phone numbers and codes as people type and paste them.

/** Digits of any width; everything else is dropped. A country's 86 in front of eleven digits is dropped, too. */
export function digitsOf(text: string): string {
  const half = text.replace(/[０-９]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))
  return half.replace(/\D/g, '')
}

export function phoneOf(text: string): string {
  const digits = digitsOf(text)
  return /^(?:00)?86(1\d{10})$/.exec(digits)?.[1] ?? digits
}

export const isPhone = (text: string) => /^1[3-9]\d{9}$/.test(phoneOf(text))

/** 138 0000 0001, as it is read aloud. */
export function groupedPhone(text: string): string {
  const digits = phoneOf(text).slice(0, 11)
  return [digits.slice(0, 3), digits.slice(3, 7), digits.slice(7)].filter(Boolean).join(' ')
}

/** The six digits in a pasted message: the message itself may hold other numbers. */
export function codeOf(text: string): string {
  const alone = /(?:^|\D)(\d{6})(?!\d)/.exec(
    text.replace(/[０-９]/g, (s) => String.fromCharCode(s.charCodeAt(0) - 0xfee0)),
  )
  return alone?.[1] ?? digitsOf(text).slice(0, 6)
}

/** Where to go after the door: only a place of this app. */
export function placeAfter(to: unknown): string {
  return typeof to === 'string' && /^\/(?!\/)/.test(to) && !to.startsWith('/sign-in') ? to : '/'
}
