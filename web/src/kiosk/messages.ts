// What the terminal's screens say by themselves. What depends on a rule comes from the agent, in both languages.
import { isEnglish, messages } from '@/shared/locale'
import { en } from './messages.en'
import { zh } from './messages.zh'
import type { AgeWords } from './status'
import type { Words } from './wire'

export const t = messages(zh, en)

export const words = (of: Words): string => (isEnglish.value ? of.en || of.zh : of.zh)

/** A dish may have no English name; its Chinese one is better than none. */
export const named = (of: { name: string; name_en: string | null }): string =>
  isEnglish.value ? of.name_en || of.name : of.name

export const ages = (): AgeWords => ({
  now: t('age_now'),
  minutes: t('age_minutes'),
  hours: t('age_hours'),
  days: t('age_days'),
})
