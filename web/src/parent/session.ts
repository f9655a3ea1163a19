// Who is signed in, whose guardian they are, and which child the pages are about.
import { computed, ref, shallowRef, watchEffect } from 'vue'
import { ApiProblem } from '@/shared/api/client'
import { locale, type Locale } from '@/shared/locale'
import * as server from './server'
import { speak } from './words'
import type { Child, Guardian, GuardianSession } from './wire'

const CHILD = 'yitong.child'
const ELDER = 'yitong.elder'

export const session = shallowRef<GuardianSession | null>(null)
/** True once the server has said who this is, or that it does not know. */
export const known = ref(false)
/** True after the server said that the session of this page is over. */
export const expired = ref(false)
const chosen = ref(localStorage.getItem(CHILD) ?? '')

/** Larger and simpler. Kept in the browser, too: the door is larger for whoever asked for it. */
export const elder = ref(localStorage.getItem(ELDER) === 'yes')
watchEffect(() => document.documentElement.classList.toggle('elder', elder.value))

export const children = computed(() => session.value?.children ?? [])
export const active = computed(() => children.value.filter((of) => of.state === 'active'))
export const child = computed<Child | null>(
  () => active.value.find((of) => of.binding === chosen.value) ?? active.value[0] ?? null,
)

export function chooseChild(binding: string) {
  chosen.value = binding
  localStorage.setItem(CHILD, binding)
}

export const childOf = (binding: string) => children.value.find((of) => of.binding === binding) ?? null

export function setElder(to: boolean) {
  elder.value = to
  localStorage.setItem(ELDER, to ? 'yes' : 'no')
}

export async function take(answer: GuardianSession): Promise<void> {
  session.value = answer
  expired.value = false
  setElder(answer.guardian.elder)
  await speak(answer.guardian.locale === 'en' ? 'en' : 'zh')
}

/** The session of the cookie, if there is one. */
export async function load(): Promise<void> {
  try {
    await take(await server.session())
  } catch (error) {
    if (!(error instanceof ApiProblem && error.status === 401)) throw error
    session.value = null
  }
  known.value = true
}

export async function signIn(phone: string, code: string): Promise<void> {
  // What was chosen at the door is meant, and kept with the account.
  const atDoor: { locale?: Locale; elder?: true } = {}
  if (localStorage.getItem('yitong.locale')) atDoor.locale = locale.value
  if (elder.value) atDoor.elder = true
  const answer = await server.signIn(phone, code)
  const differs = (atDoor.locale ?? answer.guardian.locale) !== answer.guardian.locale
  const change = differs || (atDoor.elder && !answer.guardian.elder)
  await take(change ? await server.saveSettings(atDoor).catch(() => answer) : answer)
}

export async function signOut(): Promise<void> {
  await server.signOut()
  session.value = null
}

export async function saveSettings(change: Partial<Omit<Guardian, 'id' | 'phone_mask'>>): Promise<void> {
  if (session.value) await take(await server.saveSettings(change))
}

export async function saveLocale(to: Locale): Promise<void> {
  await speak(to)
  await saveSettings({ locale: to })
}

export async function saveElder(to: boolean): Promise<void> {
  setElder(to)
  await saveSettings({ elder: to })
}

server.whenEnded(() => {
  expired.value = session.value !== null
  session.value = null
})
