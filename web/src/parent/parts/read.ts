// One thing read from the server, a list of it by cursor, and one thing done: busy, problem, again.
import { onBeforeUnmount, ref, shallowReactive, watch, type Ref } from 'vue'
import { ApiProblem } from '@/shared/api/client'
import { wordsOf } from '@/shared/locale'

export interface Read<T> {
  value: T | null
  busy: boolean
  problem: unknown
  reload: () => Promise<void>
}

/** Reads at once, and again when `of` changes; what was shown stays while the same thing is read again. */
export function useRead<T>(read: () => Promise<T>, of?: () => unknown): Read<T> {
  let turn = 0
  const state: Read<T> = shallowReactive({ value: null as T | null, busy: false, problem: null as unknown, reload })
  async function reload() {
    const mine = ++turn
    state.busy = true
    state.problem = null
    try {
      const value = await read()
      if (mine === turn) state.value = value
    } catch (error) {
      if (mine === turn) state.problem = error
    }
    if (mine === turn) state.busy = false
  }
  if (of) {
    watch(of, () => {
      state.value = null
      void reload()
    })
  }
  onBeforeUnmount(() => (turn += 1))
  void reload()
  return state
}

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

/** Late answers to older questions are dropped. */
export function useList<T>(read: (cursor: string | undefined) => Promise<Answer<T>>, of?: () => unknown): List<T> {
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
  if (of) {
    watch(of, () => {
      list.items = []
      list.loaded = false
      void load()
    })
  }
  void load()
  return list
}

export interface Act {
  busy: Ref<boolean>
  problem: Ref<unknown>
  /** Does the work once; a second tap meanwhile does nothing. True when it was done. */
  act: (work: () => Promise<unknown>) => Promise<boolean>
  /** The words for one field of a form, if the server named it. */
  of: (field: string) => string
}

export function useAct(): Act {
  const busy = ref(false)
  const problem = ref<unknown>(null)
  async function act(work: () => Promise<unknown>) {
    if (busy.value) return false
    busy.value = true
    problem.value = null
    try {
      await work()
      return true
    } catch (error) {
      problem.value = error
      return false
    } finally {
      busy.value = false
    }
  }
  const of = (field: string) =>
    problem.value instanceof ApiProblem && problem.value.field === field ? wordsOf(problem.value) : ''
  return { busy, problem, act, of }
}
