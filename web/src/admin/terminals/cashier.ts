// A cashier as the pages know it, and what is done with the number for shifts.
import { api, ask, type Schemas } from '@/shared/api/client'
import { here } from '@/shared/session'

export type Cashier = Schemas['Cashier']
export const DIGITS_MAX = 6

const one = '/api/v1/schools/{school}/cashiers/{id}/pin' as const
const own = '/api/v1/schools/{school}/own-pin' as const
const at = (of: Cashier) => ({ path: { ...here(), id: of.id } })

export const readCashiers = () => ask(api.GET('/api/v1/schools/{school}/cashiers', { params: { path: here() } }))
export const givePin = (of: Cashier, pin: string | null) => ask(api.PUT(one, { params: at(of), body: { pin } }))
export const takeBack = (of: Cashier) => ask(api.DELETE(one, { params: at(of) }))
export const readOwn = () => ask(api.GET(own, { params: { path: here() } }))
export const setOwn = (password: string, pin: string) =>
  ask(api.PUT(own, { params: { path: here() }, body: { password, pin } }))

/** Digits only, as they are typed or pasted. */
export const digits = (text: string) => text.replace(/\D/g, '').slice(0, DIGITS_MAX)
