// Roles in words, and where each can be given: the same places that the server takes.
import type { Schemas } from '@/shared/api/client'
import { t } from './messages'

export const ROLES = ['school_admin', 'finance', 'canteen_manager', 'cashier', 'teacher', 'auditor'] as const
type Known = (typeof ROLES)[number] | 'operator_admin'
const known = (role: string): Known | undefined =>
  role === 'operator_admin' ? role : ROLES.find((of) => of === role)

export function roleWords(role: string): string {
  const of = known(role)
  return of ? t(`role_${of}`) : role
}

export function roleAbout(role: string): string {
  const of = known(role)
  return of ? t(`about_${of}`) : ''
}

/** Only roles whose routes look at the place can be given below the school. */
export function fitsBelowSchool(role: string): boolean {
  return role === 'canteen_manager' || role === 'cashier'
}

/** Roles whose guardians are those of their classes. */
export const ofClasses = (role: string) => role === 'teacher'

export interface ScopeOption {
  /** Kind and id in one, for a select. */
  value: string
  label: string
  /** How far below the school, to indent. */
  depth: number
}

export function scopesOf(school: { id: string; name: string }, places: Schemas['Places'] | null): ScopeOption[] {
  const options: ScopeOption[] = [{ value: `school:${school.id}`, label: t('whole_school'), depth: 0 }]
  for (const campus of places?.campuses ?? []) {
    if (campus.closed) continue
    options.push({ value: `campus:${campus.id}`, label: campus.name, depth: 1 })
    for (const canteen of campus.canteens.filter((of) => !of.closed)) {
      options.push({ value: `canteen:${canteen.id}`, label: canteen.name, depth: 2 })
      for (const stall of canteen.stalls.filter((of) => !of.closed)) {
        options.push({ value: `stall:${stall.id}`, label: stall.name, depth: 3 })
      }
    }
  }
  return options
}

/** Without signs that look alike on a note. */
const SIGNS = 'abcdefghjkmnpqrstuvwxyz23456789'

/** A password to tell somebody: 12 signs in groups of four. */
export function suggestPassword(): string {
  const signs: string[] = []
  while (signs.length < 12) {
    const [byte] = crypto.getRandomValues(new Uint8Array(1))
    // Larger bytes would make the first signs likelier.
    if (byte! < SIGNS.length * Math.floor(256 / SIGNS.length)) signs.push(SIGNS[byte! % SIGNS.length]!)
  }
  return signs.join('').replace(/(.{4})(?=.)/g, '$1-')
}
