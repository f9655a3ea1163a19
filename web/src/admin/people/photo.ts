// Photos as phones take them are large: they are brought to a size that a cashier's screen needs, then sent.
import { problemOf, Unreachable } from '@/shared/api/client'
import { here, loadSession } from '@/shared/session'
import { fitted } from './person'

const LONGEST_PX = 720
const QUALITY = 0.85

export class NoPicture extends Error {}

export async function shrunk(file: Blob): Promise<Blob> {
  const url = URL.createObjectURL(file)
  try {
    const image = new Image()
    image.src = url
    await image.decode().catch(() => {
      throw new NoPicture()
    })
    const { width, height } = fitted(image.naturalWidth, image.naturalHeight, LONGEST_PX)
    const canvas = document.createElement('canvas')
    canvas.width = width
    canvas.height = height
    canvas.getContext('2d')?.drawImage(image, 0, 0, width, height)
    const small = await new Promise<Blob | null>((done) => canvas.toBlob(done, 'image/jpeg', QUALITY))
    if (!small) throw new NoPicture()
    return small
  } finally {
    URL.revokeObjectURL(url)
  }
}

export const photoPath = (id: string) => `/api/v1/schools/${here().school}/people/${id}/photo`

/** The typed client speaks JSON; a photo goes as the bytes it is. */
export async function putPhoto(id: string, photo: Blob): Promise<void> {
  let answer: Response
  try {
    answer = await fetch(photoPath(id), { method: 'PUT', body: photo, headers: { 'content-type': photo.type } })
  } catch {
    throw new Unreachable()
  }
  if (answer.ok) return
  if (answer.status === 401) void loadSession()
  throw problemOf(answer.status, await answer.json().catch(() => null))
}
