// How the texts look that a scanner reads. Who somebody is or what a dish costs the server and the agent know; here it
// is only told a person's code from a dish's, and a whole one from a piece of one.

export type Code = { kind: 'person'; code: string } | { kind: 'dish'; code: string }

/** How a person's code looks. */
const PERSON = [
  // A campus code, printed or shown on a phone (code/SPEC.md): no barcode of a dish is as long.
  /^97\d{88,}$/,
  // A legacy code, wrapped: base64 of at least one RSA block.
  /^[A-Za-z0-9+/=]{100,}$/,
  // A legacy code in the open.
  /^#S.+#$/,
]

/** Everything that can't be a person's code is a dish. */
export function codeOf(text: string): Code {
  const code = text.trim()
  return PERSON.some((looks) => looks.test(code)) ? { kind: 'person', code } : { kind: 'dish', code }
}

/** Texts of which a piece does not look the same: with one of these nothing before it is missing. */
const WHOLE = [
  // Campus codes of today, printed and on phones.
  /^97(\d{198}|\d{468})$/,
  // Legacy codes; a wrapped one is letters and digits in fours.
  /^(?=.*[A-Za-z])(?:[A-Za-z0-9+/]{4}){25,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/,
  /^#S.+#$/,
  // What people show by mistake: payment codes of WeChat, Alipay and UnionPay, addresses.
  /^1[0-5]\d{16}$/,
  /^(2[5-9]|30)\d{14,22}$/,
  /^62\d{17}$/,
  /^https?:\/\/\S+$/,
  // The office's picture for a new terminal.
  /^yitong-terminal:\S+#\S+$/,
]

/** Whether a text is a code from its first sign to its last. */
export function isWhole(text: string): boolean {
  return WHOLE.some((looks) => looks.test(text))
}

/** A barcode of goods (GTIN) ends in a digit that checks the others. */
export function isGoods(text: string): boolean {
  if (!/^(\d{8}|\d{12}|\d{13})$/.test(text)) return false
  const digits = [...text].reverse().map(Number)
  return digits.reduce((sum, digit, n) => sum + digit * (n % 2 ? 3 : 1), 0) % 10 === 0
}
