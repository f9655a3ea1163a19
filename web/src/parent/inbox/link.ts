/** Where a message leads: only to a page of this app. */
export function placeIn(link: string | null): string | null {
  const path = /^\/parent(\/[^\s]*)$/.exec(link ?? '')?.[1]
  return path && !path.startsWith('//') ? path : null
}
