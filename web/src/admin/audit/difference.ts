// Two JSON values as the few places in which they differ.

export interface Difference {
  path: string[]
  before: unknown
  after: unknown
}

type Dict = Record<string, unknown>
const isDict = (value: unknown): value is Dict =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** An amount is one value, not an object with a field in it. */
export function isMoney(value: unknown): value is { fen: number } {
  return isDict(value) && Object.keys(value).length === 1 && typeof value['fen'] === 'number'
}

/** What tells the items of a list apart, and what they are called. */
function keyed(items: unknown[]): Map<string, { name: string; value: Dict }> | null {
  if (!items.length || !items.every(isDict)) return null
  const keys = ['id', 'day', 'name']
  const key = keys.find((key) => items.every((item) => typeof item[key] === 'string'))
  if (!key) return null
  const text = (value: unknown) => (typeof value === 'string' ? value : '')
  return new Map(
    items.map((item) => {
      const name = [item['day'], item['name_zh'] ?? item['name']].map(text).filter(Boolean).join(' ')
      return [text(item[key]), { name: name || text(item[key]), value: item }]
    }),
  )
}

export function differences(before: unknown, after: unknown, path: string[] = []): Difference[] {
  if (JSON.stringify(before) === JSON.stringify(after)) return []
  const dicts = [before, after].filter(isDict)
  const both = dicts.length === 2 || (dicts.length === 1 && [before, after].includes(null))
  if (both && !(path.length && dicts.some(isMoney))) {
    const [one, two] = [isDict(before) ? before : {}, isDict(after) ? after : {}]
    const fields = [...new Set([...Object.keys(one), ...Object.keys(two)])]
    return fields.flatMap((field) => differences(one[field] ?? null, two[field] ?? null, [...path, field]))
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const [one, two] = [keyed(before), keyed(after)]
    if ((one || !before.length) && (two || !after.length) && (one || two)) {
      const ids = [...new Set([...(one?.keys() ?? []), ...(two?.keys() ?? [])])]
      return ids.flatMap((id) => {
        const [was, is] = [one?.get(id), two?.get(id)]
        return differences(was?.value ?? null, is?.value ?? null, [...path, (is ?? was)!.name])
      })
    }
  }
  return [{ path, before, after }]
}
