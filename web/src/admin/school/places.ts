// What is done to a place, by its kind.
import { api, ask } from '@/shared/api/client'
import { here } from '@/shared/session'
import type { Kind, Place } from './tree'

export async function closeOne(place: Place): Promise<void> {
  const params = { path: { ...here(), id: place.id } }
  if (place.kind === 'campus') await ask(api.DELETE('/api/v1/schools/{school}/campuses/{id}', { params }))
  else if (place.kind === 'canteen') await ask(api.DELETE('/api/v1/schools/{school}/canteens/{id}', { params }))
  else await ask(api.DELETE('/api/v1/schools/{school}/stalls/{id}', { params }))
}

export async function reopen(place: Place): Promise<void> {
  const params = { path: { ...here(), id: place.id } }
  const body = { closed: false }
  if (place.kind === 'campus') await ask(api.PATCH('/api/v1/schools/{school}/campuses/{id}', { params, body }))
  else if (place.kind === 'canteen')
    await ask(api.PATCH('/api/v1/schools/{school}/canteens/{id}', { params, body }))
  else await ask(api.PATCH('/api/v1/schools/{school}/stalls/{id}', { params, body }))
}

export interface PlaceForm {
  name: string
  seats: number
  number: number
  modes: string[]
  price: number | null
}

/** Adds it below `above`, or changes `place`. */
export async function savePlace(kind: Kind, place: Place | null, above: string, form: PlaceForm): Promise<void> {
  const { name, seats, number, modes } = form
  const fixed_price = form.price === null ? null : { fen: form.price }
  const at = { path: { ...here(), id: place?.id ?? '' } }
  const under = { path: here() }
  if (kind === 'campus') {
    if (place) await ask(api.PATCH('/api/v1/schools/{school}/campuses/{id}', { params: at, body: { name } }))
    else await ask(api.POST('/api/v1/schools/{school}/campuses', { params: under, body: { name } }))
  } else if (kind === 'canteen') {
    const body = { name, seats }
    if (place) await ask(api.PATCH('/api/v1/schools/{school}/canteens/{id}', { params: at, body }))
    else {
      await ask(api.POST('/api/v1/schools/{school}/canteens', { params: under, body: { ...body, campus: above } }))
    }
  } else {
    const body = { name, number, modes, fixed_price }
    if (place) await ask(api.PATCH('/api/v1/schools/{school}/stalls/{id}', { params: at, body }))
    else
      await ask(api.POST('/api/v1/schools/{school}/stalls', { params: under, body: { ...body, canteen: above } }))
  }
}
