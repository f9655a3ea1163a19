// A list that is paged by the server's cursor: loading, error, empty and more are states of it.
import { reactive, shallowReactive, watch } from 'vue'

interface Answer<T> {
  items: T[]
  next?: string | null
}

export interface List<T> {
  items: T[]
  next: string | null
  busy: boolean
  problem: unknown
  /** The first page was answered at least once. */
  loaded: boolean
  reload: () => Promise<void>
  more: () => Promise<void>
}

/** Reads at once, and again a moment after `filters` changed. Late answers to older questions are dropped. */
export function useList<T>(read: (cursor: string | undefined) => Promise<Answer<T>>, filters?: object): List<T> {
  let turn = 0
  const list: List<T> = shallowReactive({
    items: [] as T[],
    next: null as string | null,
    busy: false,
    problem: null as unknown,
    loaded: false,
    reload: () => load(),
    more: () => load(list.next ?? undefined),
  })

  async function load(cursor?: string) {
    const mine = ++turn
    list.busy = true
    list.problem = null
    try {
      const page = await read(cursor)
      if (mine !== turn) return
      list.items = cursor ? [...list.items, ...page.items] : page.items
      list.next = page.next ?? null
      list.loaded = true
    } catch (error) {
      if (mine === turn) list.problem = error
    }
    if (mine === turn) list.busy = false
  }

  if (filters) {
    let timer = 0
    watch(reactive(filters), () => {
      window.clearTimeout(timer)
      timer = window.setTimeout(() => load(), 250)
    })
  }
  void load()
  return list
}
