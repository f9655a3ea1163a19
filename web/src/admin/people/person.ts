// A person as the form keeps it, and what is sent of it: only what was changed.
import type { Schemas } from '@/shared/api/client'

export type Person = Schemas['Person']
export type PersonBody = Schemas['PutPersonWire']
export const KINDS = ['student', 'staff', 'visitor'] as const
export const STATES = ['active', 'left', 'suspended'] as const

export interface PersonForm {
  kind: string
  number: string
  name: string
  class: string
  gender: string
  id_number: string
  phone: string
  allergens: string[]
  status: string
}

export function formOf(person?: Person | null): PersonForm {
  return {
    kind: person?.kind ?? 'student',
    number: person?.number ?? '',
    name: person?.name ?? '',
    class: person?.class?.id ?? '',
    gender: person?.gender ?? '',
    // Masked fields begin empty: what is not typed is not sent, and stays.
    id_number: '',
    phone: '',
    allergens: [...(person?.allergens ?? [])],
    status: person?.status ?? 'active',
  }
}

/** For somebody new: everything that was filled in. */
export function newBody(form: PersonForm): PersonBody {
  return {
    kind: form.kind,
    number: form.number,
    name: form.name,
    class: form.class || null,
    gender: form.gender,
    id_number: form.id_number,
    phone: form.phone,
    allergens: form.allergens,
  }
}

/** For somebody known: fields that differ from what was shown. */
export function changedBody(form: PersonForm, person: Person): PersonBody {
  const was = formOf(person)
  const body: PersonBody = {}
  if (form.number !== was.number) body.number = form.number
  if (form.name !== was.name) body.name = form.name
  if (form.class !== was.class) body.class = form.class || null
  if (form.gender !== was.gender) body.gender = form.gender
  if (form.id_number.trim()) body.id_number = form.id_number
  if (form.phone.trim()) body.phone = form.phone
  if (form.allergens.join('\n') !== was.allergens.join('\n')) body.allergens = form.allergens
  if (form.status !== was.status) body.status = form.status
  return body
}

/** The size that a photo is brought to: its longer side, never enlarged. */
export function fitted(width: number, height: number, longest: number): { width: number; height: number } {
  const scale = Math.min(1, longest / Math.max(width, height, 1))
  return { width: Math.max(1, Math.round(width * scale)), height: Math.max(1, Math.round(height * scale)) }
}
