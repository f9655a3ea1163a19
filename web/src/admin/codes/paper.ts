// How cards lie on paper: their order, the pages, fronts and backs, and where to cut. Millimetres throughout.
import type { SheetCard } from './sheet'

export type Layout = 'a4' | 'cr80'
export type Order = 'class' | 'number'
type Sortable = Pick<SheetCard, 'class' | 'number'>

/** ISO/IEC 7810 ID-1. */
export const CARD = { width: 85.6, height: 54 }
/** A card printer feeds cards of 53.98 mm: a page that is higher would come out on two. */
const CR80 = { width: 85.6, height: 53.98 }
const A4 = { width: 210, height: 297, columns: 2, rows: 5, gap_x: 4, gap_y: 2 }
/** What every printer can reach from the edge of its paper. */
const PRINTABLE_FROM = 5
const MARK_FREE = 0.4

/** The size of the paper, as a page rule says it. */
export const paperOf = (layout: Layout) => (layout === 'a4' ? A4 : CR80)
export const perPage = (layout: Layout) => (layout === 'a4' ? A4.columns * A4.rows : 1)

export interface PaperPage<T> {
  side: 'front' | 'back'
  cards: T[]
}

export interface Arrangement {
  layout: Layout
  order: Order
  /** Each class begins on paper of its own. */
  each_class: boolean
  back: boolean
}

export function pagesOf<T extends Sortable>(cards: T[], how: Arrangement): PaperPage<T>[] {
  const inOrder = sorted(cards, how.order)
  const groups = how.each_class ? byClass(inOrder) : [inOrder]
  const pages: PaperPage<T>[] = []
  for (const group of groups) {
    for (let at = 0; at < group.length; at += perPage(how.layout)) {
      const on = group.slice(at, at + perPage(how.layout))
      pages.push({ side: 'front', cards: on })
      // The back follows its front, as a printer with two sides takes them.
      if (how.back) pages.push({ side: 'back', cards: on })
    }
  }
  return pages
}

const collator = new Intl.Collator('zh-CN', { numeric: true })
const DIGITS = '零一二三四五六七八九'

/** 七年级10班 as 7年级10班: sorted by sound, 八 would stand before 七, and sorted as text, 10 before 2. */
export function classKey(name: string): string {
  return name.replace(/[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九]/g, (word) => {
    if (!word.includes('十')) return String(DIGITS.indexOf(word))
    const [tens, ones] = word.split('十')
    return String((tens ? DIGITS.indexOf(tens) : 1) * 10 + (ones ? DIGITS.indexOf(ones) : 0))
  })
}

/** By class and then number, those without a class last; or by number alone. */
export function sorted<T extends Sortable>(cards: T[], order: Order): T[] {
  const byNumber = (a: T, b: T) => collator.compare(a.number, b.number)
  if (order === 'number') return [...cards].sort(byNumber)
  const keys = new Map(cards.map((card) => [card.class ?? '', classKey(card.class ?? '')]))
  const of = (card: T) => keys.get(card.class ?? '') ?? ''
  return [...cards].sort(
    (a, b) => Number(!of(a)) - Number(!of(b)) || collator.compare(of(a), of(b)) || byNumber(a, b),
  )
}

function byClass<T extends Sortable>(cards: T[]): T[][] {
  const groups = new Map<string, T[]>()
  for (const card of cards) {
    const key = card.class ?? ''
    const group = groups.get(key)
    if (group) group.push(card)
    else groups.set(key, [card])
  }
  return [...groups.values()]
}

/** Lines in the margins and between the cards at every cut, as the path of a picture of the whole sheet. */
export function cutMarks(): string {
  const { width, height, columns, rows, gap_x, gap_y } = A4
  const left = (width - columns * CARD.width - (columns - 1) * gap_x) / 2
  const top = (height - rows * CARD.height - (rows - 1) * gap_y) / 2
  const across = spans(left, CARD.width, gap_x, columns)
  const down = spans(top, CARD.height, gap_y, rows)
  const upright = across
    .flatMap(edgesOf)
    .flatMap((x) => free(down, height).map(([a, b]) => `M${mm(x)} ${mm(a)}V${mm(b)}`))
  const level = down
    .flatMap(edgesOf)
    .flatMap((y) => free(across, width).map(([a, b]) => `M${mm(a)} ${mm(y)}H${mm(b)}`))
  return [...upright, ...level].join('')
}

type Span = [from: number, to: number]
const mm = (of: number) => String(Math.round(of * 100) / 100)
const edgesOf = (span: Span) => span
const spans = (from: number, long: number, gap: number, count: number): Span[] =>
  [...Array(count).keys()].map((n) => [from + n * (long + gap), from + n * (long + gap) + long])

/** What is left beside the cards, a little away from them. */
function free(cards: Span[], whole: number): Span[] {
  const ends = [
    PRINTABLE_FROM,
    ...cards.flatMap(([from, to]) => [from - MARK_FREE, to + MARK_FREE]),
    whole - PRINTABLE_FROM,
  ]
  const parts: Span[] = []
  for (let at = 0; at < ends.length; at += 2) parts.push([ends[at]!, ends[at + 1]!])
  return parts
}
