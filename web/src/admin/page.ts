// What a slice says about its pages. `src/admin/<slice>/routes.ts` exports `pages: Page[]`; the router collects them all.
// Pages that others link to by name: person, person-account, person-limits, class-limits (param `id`).
import type { Component } from 'vue'

export interface Words {
  zh: string
  en: string
}

export type Group = 'today' | 'people' | 'guardians' | 'canteen' | 'money' | 'payments' | 'school'

export interface Page {
  name: string
  path: string
  title: Words
  /** Without it at the chosen school the page says so, and its entry is not shown. */
  permission: string | null
  component: () => Promise<unknown>
  /** Its place in the menu at the side; a page without is reached from another. */
  nav?: { group: Group; order: number; icon: Component }
  /** Of a page without an entry: the entry that stays marked. */
  under?: string
  /** Alone on the screen, to print. */
  bare?: boolean
}
