// What a phone asks of the server. No session: a ticket, the key's signature or the cookie says who it is.
import { devicePublicKey } from '@yitong/code/device'
import { ask, type Schemas } from '@/shared/api/client'

export type Credential = Schemas['PhoneCredential']

export const toBase64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes))
export const fromBase64 = (text: string) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0))

/** Three calls: the client of the other apps is larger than all that this page asks. */
async function send(method: 'POST' | 'DELETE', path: string, body?: unknown) {
  const sent = body ? { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) } : {}
  const response = await fetch(`/api/v1/phones/${path}`, { method, ...sent })
  const said: unknown = response.status === 204 ? undefined : await response.json().catch(() => undefined)
  return response.ok ? { data: said as Credential, response } : { error: said, response }
}

export interface Wanted {
  key: CryptoKeyPair
  /** None: the cookie says which phone this browser was. */
  ticket?: string
  name?: string
  replace?: string
}

export async function enrol({ key, ticket, name, replace }: Wanted): Promise<Credential> {
  const device_key = toBase64(await devicePublicKey(key))
  const body: Schemas['EnrolAsk'] = {
    ticket: ticket ?? null,
    device_key,
    name: name ?? '',
    protection: 'browser',
    replace: replace ?? null,
  }
  return ask(send('POST', 'enrol', body))
}

const DOMAIN = 'C1\0refresh\0'

/** What the server takes as proof that this phone asks, at this moment. */
export async function proof(key: CryptoKey, device: string, at: number): Promise<string> {
  const named = new TextEncoder().encode(DOMAIN)
  const bytes = new Uint8Array(named.length + 24)
  bytes.set(named)
  const id = device.replace(/-/g, '').match(/../g) ?? []
  bytes.set(
    id.map((pair) => parseInt(pair, 16)),
    named.length,
  )
  new DataView(bytes.buffer).setBigInt64(named.length + 16, BigInt(at))
  return toBase64(new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, key, bytes)))
}

export async function refresh(key: CryptoKey, device: string, at: number): Promise<Credential> {
  const body: Schemas['RefreshAsk'] = { device, at, signature: await proof(key, device, at) }
  return ask(send('POST', 'refresh', body))
}

export async function remove(device: string): Promise<void> {
  await ask(send('DELETE', device))
}
