// The words of this app. Chinese is in each page's own file; English of all pages is one file, fetched on the switch.
import { shallowRef } from 'vue'
import { fill, locale, setLocale, type Locale } from '@/shared/locale'

type Book = Record<string, Record<string, string>>
/** English has every key of the Chinese words, and no other. */
export type Like<T> = { [K in keyof T]: string }

const english = shallowRef<Book | null>(null)
const isEnglish = () => locale.value === 'en' && english.value !== null

/** The words of one folder, by its name. */
export function words<T extends Record<string, string>>(folder: string, zh: T) {
  return (key: keyof T & string, values?: Record<string, string | number>): string => {
    const text: string = (isEnglish() ? english.value?.[folder]?.[key] : undefined) ?? zh[key] ?? key
    return values ? fill(text, values) : text
  }
}

async function fetchEnglish() {
  english.value ??= (await import('./english')).default
}

/** Switches when the words are there, so that no page is half in one language. */
export async function speak(to: Locale): Promise<void> {
  if (to === 'en') await fetchEnglish()
  setLocale(to)
}

export const ready: Promise<void> =
  locale.value === 'en' ? fetchEnglish().catch(() => setLocale('zh')) : Promise.resolve()

/** Of a text that the server has in both languages, the one to show. */
export function said(of: { zh: string; en: string }): string {
  return locale.value === 'en' ? of.en : of.zh
}
