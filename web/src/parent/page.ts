// What a folder says about its pages. `src/parent/<folder>/routes.ts` exports `pages: Page[]`; the router collects them.
export type Tab = 'home' | 'purchases' | 'inbox' | 'me'

export interface Page {
  name: string
  path: string
  component: () => Promise<unknown>
  title: { zh: string; en: string }
  /** Which of the four tabs leads here; a page without stands above them, with a way back. */
  tab?: Tab
  /** Where back leads when the app was opened right here. */
  up?: string
  /** Shown to whoever is not signed in, too. */
  open?: boolean
}
