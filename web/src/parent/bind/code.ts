// The twelve characters on the school's paper: Crockford's alphabet, in three groups of four.
const LENGTH = 12
/** Letters that are not in the alphabet because they look like digits. */
const ALIKE: Record<string, string> = { O: '0', I: '1', L: '1' }

/** Uppercase, without dashes and spaces; what looks like a digit is one; no more than twelve. */
export function plainCode(text: string): string {
  return text
    .replace(/[０-９Ａ-Ｚａ-ｚ]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0))
    .toUpperCase()
    .replace(/[OIL]/g, (sign) => ALIKE[sign] ?? sign)
    .replace(/[^0-9A-Z]/g, '')
    .slice(0, LENGTH)
}

/** ABCD-EFGH-JKMN: as it is printed. */
export function groupedCode(text: string): string {
  return (
    plainCode(text)
      .match(/.{1,4}/g)
      ?.join('-') ?? ''
  )
}

/** U is in no code: it is a slip of the finger, and said before the server counts a try. */
export const isCode = (text: string) => /^[0-9A-HJKMNP-TV-Z]{12}$/.test(plainCode(text))

/** The code in a paper's QR: the code alone, or an address that ends with it after a #. */
export function codeInQr(text: string): string | null {
  const end = text.includes('#') ? text.slice(text.indexOf('#') + 1) : text
  const named = /(?:^|&)code=([^&]+)/.exec(end)?.[1] ?? end
  return /^[0-9A-Za-z\- ]{12,16}$/.test(named) && isCode(named) ? plainCode(named) : null
}
