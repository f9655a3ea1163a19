// The language: Chinese first, English as a switch. Kept in the browser, and with the user when one is signed in.
import { computed, ref } from 'vue'
import { ApiProblem, Unreachable } from './api/client'

export type Locale = 'zh' | 'en'
const KEY = 'yitong.locale'

export const locale = ref<Locale>(localStorage.getItem(KEY) === 'en' ? 'en' : 'zh')
export const isEnglish = computed(() => locale.value === 'en')

// Fonts and screen readers go by the page's language: it is said before anybody signs in, too.
const say = (of: Locale) => (document.documentElement.lang = of === 'en' ? 'en' : 'zh-CN')
if (typeof document !== 'undefined') say(locale.value)

export function setLocale(to: Locale) {
  locale.value = to
  localStorage.setItem(KEY, to)
  say(to)
}

/** Messages of one folder: English must have every key of Chinese, and no other. */
export function messages<T extends Record<string, string>>(zh: T, en: { [K in keyof T]: string }) {
  return (key: keyof T & string, values?: Record<string, string | number>): string => {
    const text = (locale.value === 'en' ? en : zh)[key]
    return values ? fill(text, values) : text
  }
}

/** {count} is its value; {count|day waits|days wait} is the first words for one and the second for any other number. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)(?:\|([^|}]*)\|([^}]*))?\}/g, (all, name: string, one?: string, many?: string) => {
    const value = values[name]
    if (one === undefined) return String(value ?? all)
    return String(value) === '1' ? one : many!
  })
}

/** Of two names, the one to show. */
export function named(of: { name_zh: string; name_en: string }): string {
  return locale.value === 'en' ? of.name_en : of.name_zh
}

/** The server's sentence, or ours when there was none. */
export function wordsOf(error: unknown): string {
  if (error instanceof ApiProblem) return locale.value === 'en' ? error.en : error.zh
  if (error instanceof Unreachable) {
    return locale.value === 'en'
      ? 'The server can’t be reached. Check the network and try again.'
      : '无法连接服务器，请检查网络后重试。'
  }
  return locale.value === 'en' ? 'Something went wrong on this page.' : '页面出错了，请刷新后重试。'
}
