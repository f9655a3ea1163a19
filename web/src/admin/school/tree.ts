// Campuses, canteens and stalls in one shape, so that one dialog and one list can show each of them.
import type { Schemas } from '@/shared/api/client'

export type Kind = 'campus' | 'canteen' | 'stall'
export interface Place {
  kind: Kind
  id: string
  name: string
  closed: boolean
  seats?: number
  stall?: Schemas['Stall']
  children: Place[]
}

export function placesOf(places: Schemas['Places']): Place[] {
  const stall = (of: Schemas['Stall']): Place => ({
    kind: 'stall',
    id: of.id,
    name: of.name,
    closed: of.closed,
    stall: of,
    children: [],
  })
  const canteen = (of: Schemas['Canteen']): Place => ({
    kind: 'canteen',
    id: of.id,
    name: of.name,
    closed: of.closed,
    seats: of.seats,
    children: of.stalls.map(stall),
  })
  return places.campuses.map((of) => ({
    kind: 'campus',
    id: of.id,
    name: of.name,
    closed: of.closed,
    children: of.canteens.map(canteen),
  }))
}

/** What is open below a place, the lowest first: the order in which it can be closed. */
export function openBelow(place: Place): Place[] {
  const open = place.children.filter((child) => !child.closed)
  return open.flatMap((child) => [...openBelow(child), child])
}
