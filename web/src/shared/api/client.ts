// The one file that talks to the server. Every answer that is not what was asked for becomes an ApiProblem.
import createClient from 'openapi-fetch'
import type { components, paths } from './schema'

export type Schemas = components['schemas']

/** An answer that is not what was asked for, in the server's own words. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly zh: string,
    readonly en: string,
    readonly field: string | undefined,
    readonly more: Record<string, unknown>,
  ) {
    super(code)
  }
}

/** The server could not be reached: whether it did what was asked is not known. */
export class Unreachable extends Error {}

// Pure: an app that asks in its own way does without this client.
const client = /* @__PURE__ */ createClient<paths>({ baseUrl: '/' })

export const api = client

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

/** Waits for the answer and gives its body, or throws an ApiProblem or Unreachable. */
export async function ask<T>(request: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>
  try {
    answer = await request
  } catch {
    throw new Unreachable()
  }
  if (answer.response.ok) return answer.data as T
  throw problemOf(answer.response.status, answer.error)
}

export function problemOf(status: number, body: unknown): ApiProblem {
  const of = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>
  const text = (key: string, or: string) => (typeof of[key] === 'string' ? (of[key] as string) : or)
  const zh = text('detail_zh', `服务器返回 ${status}，请稍后再试。`)
  const en = text('detail_en', `The server answered ${status}; try again later.`)
  const field = typeof of['field'] === 'string' ? of['field'] : undefined
  return new ApiProblem(status, text('code', 'unknown'), zh, en, field, of)
}
