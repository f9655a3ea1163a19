// Sending a file with its progress, which fetch can't tell.
import { problemOf, Unreachable } from '@/shared/api/client'
import { here, loadSession } from '@/shared/session'
import type { Plan } from './plans'

export function upload(file: File, kind: string, told: (percent: number) => void): Promise<Plan> {
  const form = new FormData()
  form.append('kind', kind)
  form.append('file', file, file.name)
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest()
    request.open('POST', `/api/v1/schools/${here().school}/plans/import`)
    request.responseType = 'json'
    request.upload.onprogress = (event) =>
      event.lengthComputable && told(Math.floor((event.loaded * 100) / event.total))
    request.onload = () => {
      if (request.status === 201) return resolve(request.response as Plan)
      // The session is over: this leads back to the door, as everywhere else.
      if (request.status === 401) void loadSession()
      reject(problemOf(request.status, request.response))
    }
    request.onerror = () => reject(new Unreachable())
    request.send(form)
  })
}
