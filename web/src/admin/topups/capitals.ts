// An amount in the capital figures of Chinese receipts: ¥1,409.50 is 壹仟肆佰零玖元伍角整. They can't be altered by a stroke.

const DIGITS = '零壹贰叁肆伍陆柒捌玖'
const PLACES = ['', '拾', '佰', '仟']
const SECTIONS = ['', '万', '亿', '万亿']

/** Four digits: 1008 is 壹仟零捌. A zero is said once between digits, never at the end. */
function section(of: number): string {
  let text = ''
  let gap = false
  for (let place = 3; place >= 0; place--) {
    const digit = Math.floor(of / 10 ** place) % 10
    if (digit === 0) {
      gap = text !== ''
      continue
    }
    text += (gap ? '零' : '') + DIGITS[digit] + PLACES[place]
    gap = false
  }
  return text
}

function whole(yuan: number): string {
  let text = ''
  let gap = false
  for (let place = SECTIONS.length - 1; place >= 0; place--) {
    const four = Math.floor(yuan / 10_000 ** place) % 10_000
    if (four === 0) {
      gap = text !== ''
      continue
    }
    // A section below a thousand leaves a gap after the one before it: 1,0200 is 壹万零贰佰.
    text += (text && (gap || four < 1000) ? '零' : '') + section(four) + SECTIONS[place]
    gap = false
  }
  return text
}

/** Of whole fen, from nothing to what a number holds exactly. */
export function capitals(fen: number): string {
  if (!Number.isSafeInteger(fen) || fen < 0) throw new RangeError('capital figures are for amounts of whole fen')
  const yuan = whole(Math.floor(fen / 100))
  const jiao = Math.floor((fen % 100) / 10)
  const cents = fen % 10
  if (!yuan && !jiao && !cents) return '零元整'
  let text = yuan ? `${yuan}元` : ''
  if (jiao) text += `${DIGITS[jiao]}角`
  else if (cents && yuan) text += '零'
  return text + (cents ? `${DIGITS[cents]}分` : '整')
}
