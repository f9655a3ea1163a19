// How large the code is on this screen.
import { QUIET } from '@/shared/qr'

/** Modules of a side of a dynamic code: version 10, which its 470 digits need at level M. */
const SYMBOL = 57
/** On a phone a pixel of CSS is about 1/160 inch; on a monitor 1/96. Readers want 45 mm of a phone, 40 of a monitor. */
const LEAST_PX = { phone: (45 / 25.4) * 160, monitor: (40 / 25.4) * 96 }
const MODULE_PX_MAX = 8

/**
 * How large to draw it, in pixels of CSS: a whole number of them a module, so that no edge is blurred; as wide as the
 * place that there is, and no narrower than readers want unless the screen itself is.
 */
export function sidePx(place: { width: number; height: number }, onPhone: boolean): number {
  const modules = SYMBOL + 2 * QUIET
  const least = Math.ceil(LEAST_PX[onPhone ? 'phone' : 'monitor'] / SYMBOL)
  const fits = Math.floor(Math.min(place.width, place.height) / modules)
  const wide = Math.floor(place.width / modules)
  const module = Math.min(MODULE_PX_MAX, Math.max(fits, Math.min(least, wide), 2))
  return module * modules
}
