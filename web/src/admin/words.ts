// Of words in two languages, those to show.
import { locale } from '@/shared/locale'
import type { Words } from './page'

export function title(of: Words): string {
  return locale.value === 'en' ? of.en : of.zh
}
