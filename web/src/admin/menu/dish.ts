// Dishes as the page shows them: by category, with names for periods and stalls, and barcodes that fit a label.
import type { Schemas } from '@/shared/api/client'

export type Dish = Schemas['Dish']
export type PutDish = Schemas['PutDish']

/** The narrowest bar that office printers keep apart, and what a label has room for. */
const MODULE_MM_MIN = 0.19
const MODULE_MM = 0.4
const ROOM_MM = 58

/** Neighbours of one category together, in the order of the list. */
export function byCategory(dishes: Dish[]): { category: string; dishes: Dish[] }[] {
  const groups: { category: string; dishes: Dish[] }[] = []
  for (const dish of dishes) {
    const last = groups.at(-1)
    if (last?.category === dish.category) last.dishes.push(dish)
    else groups.push({ category: dish.category, dishes: [dish] })
  }
  return groups
}

export interface Bars {
  svg: string
  /** Of the bars alone; the label adds ten modules of quiet zone on each side. */
  widthMm: number
  quietMm: number
  narrow: boolean
}

/** The server's picture, as wide as its modules ask for and as high as the label allows. */
export function barsOf(svg: string): Bars {
  const modules = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1] ?? 95)
  const module = Math.min(MODULE_MM, ROOM_MM / (modules + 20))
  return {
    svg: svg.replace('<svg ', '<svg preserveAspectRatio="none" shape-rendering="crispEdges" '),
    widthMm: module * modules,
    quietMm: module * 10,
    narrow: module < MODULE_MM_MIN,
  }
}

/** Only what differs is sent, so that two people can edit different fields. */
export function changes(before: Dish, after: Required<Omit<PutDish, 'canteen' | 'id'>>): PutDish {
  const put: PutDish = {}
  const same = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
  if (after.name !== before.name) put.name = after.name
  if (after.name_en !== (before.name_en ?? '')) put.name_en = after.name_en
  if (after.category !== before.category) put.category = after.category
  if (!same(after.price, before.price)) put.price = after.price
  if (after.weighed !== before.weighed) put.weighed = after.weighed
  if (after.barcode !== before.barcode) put.barcode = after.barcode
  if (!same(after.stalls, before.stalls)) put.stalls = after.stalls
  if (!same(after.periods, before.periods)) put.periods = after.periods
  if (!same(after.allergens, before.allergens)) put.allergens = after.allergens
  return put
}
