// The amounts of the buttons as they are typed: yuan to fen, and what is wrong with which.
import { fenOf, yuan } from '@/shared/money'

export const BUTTONS_MAX = 8
const FEN_MIN = 100
const FEN_MAX = 1_000_000

export const textsOf = (buttons: readonly number[]) => buttons.map((fen) => yuan(fen).replaceAll(',', ''))

/** `wrong` has a word for each field, in their order: empty is good. Fields that were left empty don't count. */
export function buttonsOf(texts: readonly string[]): { buttons: number[]; wrong: ('' | 'bad_button' | 'twice')[] } {
  const buttons: number[] = []
  const wrong = texts.map((text) => {
    if (!text.trim()) return ''
    const fen = fenOf(text)
    if (fen === null || fen < FEN_MIN || fen > FEN_MAX) return 'bad_button'
    if (buttons.includes(fen)) return 'twice'
    buttons.push(fen)
    return ''
  })
  // With none at all there is nothing to press.
  if (!buttons.length && wrong.length && !wrong.some(Boolean)) wrong[0] = 'bad_button'
  return { buttons, wrong }
}

/** Accounts that would take no new orders under a rule; no rule lets everybody. */
export function stopped<T extends { clearing_org: string; active: boolean }>(
  accounts: readonly T[],
  orgs: readonly string[],
): T[] {
  return orgs.length ? accounts.filter((of) => of.active && !orgs.includes(of.clearing_org)) : []
}
