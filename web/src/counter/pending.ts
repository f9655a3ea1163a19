// Sales on their way, kept in the browser until they are answered: through a reload, a new sign-in, a stopped machine.
import type { Pending } from './checkout'

const KEY = 'yitong.pending'
/** A page that still asks says so more often than this. */
export const ORPHAN_MS = 15_000

interface Kept {
  till: string
  seen: number
  pending: Pending
}

type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

function read(store: Store): Record<string, Kept> {
  try {
    const kept: unknown = JSON.parse(store.getItem(KEY) ?? '{}')
    return typeof kept === 'object' && kept !== null ? (kept as Record<string, Kept>) : {}
  } catch {
    return {}
  }
}

function write(store: Store, all: Record<string, Kept>) {
  if (Object.keys(all).length) store.setItem(KEY, JSON.stringify(all))
  else store.removeItem(KEY)
}

/** Kept, or seen again: two windows of one stall keep theirs side by side. */
export function keep(store: Store, till: string, pending: Pending, now: number) {
  write(store, { ...read(store), [pending.id]: { till, seen: now, pending } })
}

export function forget(store: Store, id: string) {
  const all = read(store)
  delete all[id]
  write(store, all)
}

/** Those of this window, and those whose window is gone, oldest first. */
export function unanswered(store: Store, till: string, stall: string, now: number): Pending[] {
  return Object.values(read(store))
    .filter((kept) => kept.pending?.stall === stall && (kept.till === till || now - kept.seen > ORPHAN_MS))
    .map((kept) => kept.pending)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
}
