// One thing read from the server, and one thing done: busy, problem, again.
import { ref, shallowReactive, type Ref } from 'vue'
import { ElMessage } from 'element-plus'
import 'element-plus/theme-chalk/el-message.css'
import { ApiProblem } from '@/shared/api/client'
import { wordsOf } from '@/shared/locale'

export interface Read<T> {
  value: T | null
  busy: boolean
  problem: unknown
  reload: () => Promise<void>
}

/** Reads at once. What was shown stays while it is read again. */
export function useRead<T>(read: () => Promise<T>): Read<T> {
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
  void reload()
  return state
}

export interface Act {
  busy: Ref<boolean>
  problem: Ref<unknown>
  /** Does the work once; a second click meanwhile does nothing. True when it was done. */
  act: (work: () => Promise<unknown>, done?: string) => Promise<boolean>
  /** The words for one field of a form, if the server named it. */
  of: (field: string) => string
}

export function useAct(): Act {
  const busy = ref(false)
  const problem = ref<unknown>(null)
  async function act(work: () => Promise<unknown>, done?: string) {
    if (busy.value) return false
    busy.value = true
    problem.value = null
    try {
      await work()
      if (done) ElMessage.success(done)
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

/** For something done from a row of a list: its problem is a message that stays until it is closed. */
export async function doOnce(work: () => Promise<unknown>, done: string): Promise<boolean> {
  try {
    await work()
    ElMessage.success(done)
    return true
  } catch (error) {
    ElMessage.error({ message: wordsOf(error), duration: 8000, showClose: true })
    return false
  }
}
