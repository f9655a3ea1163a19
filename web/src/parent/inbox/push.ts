// Messages to this device while the app is closed. The browser asks its owner; a refusal there is respected here.
import { dropPush, pushKey, savePush } from '../server'

export type PushState = 'unable' | 'refused' | 'off' | 'on'

/** The server's key as the browser wants it. */
export function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replace(/-/g, '+').replace(/_/g, '/'))
  return Uint8Array.from(text, (sign) => sign.charCodeAt(0))
}

const able = () => 'serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window

async function subscription(): Promise<PushSubscription | null> {
  const registration = await navigator.serviceWorker.getRegistration('/parent/')
  return (await registration?.pushManager.getSubscription()) ?? null
}

export async function pushState(): Promise<PushState> {
  if (!able()) return 'unable'
  if (Notification.permission === 'denied') return 'refused'
  return (await subscription()) ? 'on' : 'off'
}

export async function turnOn(): Promise<PushState> {
  if ((await Notification.requestPermission()) !== 'granted') return 'refused'
  const { key } = await pushKey()
  const registration = await navigator.serviceWorker.ready
  const how = { userVisibleOnly: true, applicationServerKey: bytesOf(key) }
  const made = await registration.pushManager.subscribe(how)
  await savePush(made.toJSON())
  return 'on'
}

export async function turnOff(): Promise<PushState> {
  const made = await subscription()
  if (made) await dropPush(made.toJSON())
  await made?.unsubscribe()
  return 'off'
}
