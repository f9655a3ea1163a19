// Next names that somebody wrote beside classes. A class without one follows its own year, as the server decides.
export interface NextName {
  to: string
  graduates: boolean
}

export type NextNames = Record<string, NextName>

export interface Rename {
  from_class: string
  to_name: string | null
}

export function renames(names: NextNames): Rename[] {
  return Object.entries(names).flatMap(([from_class, next]): Rename[] => {
    if (next.graduates) return [{ from_class, to_name: null }]
    const to_name = next.to.trim()
    return to_name ? [{ from_class, to_name }] : []
  })
}
