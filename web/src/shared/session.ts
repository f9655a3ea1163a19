// Who is signed in, and what they may do.
import { computed, ref } from 'vue'
import { ApiProblem, api, ask, type Schemas } from './api/client'
import { setLocale, type Locale } from './locale'

export type Session = Schemas['Session']

export const session = ref<Session | null>(null)
const chosen = ref(localStorage.getItem('yitong.school') ?? '')

export const school = computed(() => {
  const all = session.value?.schools ?? []
  return all.find((of) => of.id === chosen.value) ?? all[0] ?? null
})

export function chooseSchool(id: string) {
  chosen.value = id
  localStorage.setItem('yitong.school', id)
}

export function may(permission: string): boolean {
  return school.value?.permissions.includes(permission) ?? false
}

function take(answer: Session) {
  session.value = answer
  setLocale(answer.user.locale === 'en' ? 'en' : 'zh')
}

/** The session of the cookie, if there is one. */
export async function loadSession(): Promise<void> {
  try {
    take(await ask(api.GET('/api/v1/session')))
  } catch (error) {
    if (!(error instanceof ApiProblem && error.status === 401)) throw error
    session.value = null
  }
}

export async function signIn(username: string, password: string, totp: string): Promise<void> {
  take(await ask(api.POST('/api/v1/session', { body: { username, password, totp: totp || null } })))
}

export async function signOut(): Promise<void> {
  await ask(api.DELETE('/api/v1/session'))
  session.value = null
}

export async function saveLocale(to: Locale): Promise<void> {
  setLocale(to)
  if (session.value) await ask(api.PUT('/api/v1/session/locale', { body: { locale: to } }))
}

/** For every path below the school. */
export function here(): { school: string } {
  return { school: school.value?.id ?? '' }
}

/** True after the server said that the session of this page is over. */
export const expired = ref(false)

/** From now on, an answer without a session brings this page back to its door. */
export function leaveWhenOver() {
  api.use({
    onResponse({ response, schemaPath }) {
      if (response.status !== 401 || schemaPath === '/api/v1/session' || !session.value) return
      expired.value = true
      session.value = null
    },
  })
}
