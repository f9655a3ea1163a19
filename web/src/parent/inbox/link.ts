// Where messages lead. They name a page and, as a question, the child that it is about: their writers need not know how
// this app arranges its pages.

/** Of a message's link the place in this app; anything else is not followed. */
export function placeIn(link: string | null): string | null {
  const path = /^\/parent(\/[^\s]*)$/.exec(link ?? '')?.[1]
  return path && !path.startsWith('//') ? path : null
}

const OF_CHILD =
  /^\/(calendar|complaints|control|limits|payment-orders|purchases|statement|auto-topup|topup)(\/[\w-]+)?$/

/** /topup?child=… is that child's own page. */
export function pageOfChild(path: string, child: unknown): string | null {
  const page = OF_CHILD.exec(path)
  if (!page || typeof child !== 'string' || !/^[\w-]+$/.test(child)) return null
  const [, name, rest = ''] = page
  if (name === 'purchases' && !rest) return null
  // A complaint stands in the list of them.
  return `/children/${child}/${name}${name === 'complaints' ? '' : rest}`
}
