// Fen to text and back. The only place that does: nothing else divides by a hundred.

export interface Money {
  fen: number
}

/** 1250 is 12.50; three digits are grouped. */
export function yuan(money: Money | number): string {
  const fen = typeof money === 'number' ? money : money.fen
  const whole = Math.trunc(Math.abs(fen) / 100)
  const rest = String(Math.abs(fen) % 100).padStart(2, '0')
  const grouped = String(whole).replace(/\B(?=(\d{3})+$)/g, ',')
  return `${fen < 0 ? '-' : ''}${grouped}.${rest}`
}

/** With the sign of the currency. */
export function rmb(money: Money | number): string {
  const text = yuan(money)
  return text.startsWith('-') ? `-¥${text.slice(1)}` : `¥${text}`
}

/** What people type: 12, 12.5, 12.50, full width too. Anything else is nothing. */
export function fenOf(text: string): number | null {
  const half = text
    .trim()
    .replace(/[０-９．]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0))
    .replace(/[,，¥￥\s]/g, '')
  const match = /^(\d{1,8})(?:\.(\d{1,2}))?$/.exec(half)
  if (!match) return null
  return Number(match[1]) * 100 + Number((match[2] ?? '').padEnd(2, '0'))
}
