// A fresh sandbox for a script, a place that receives notifications, and checks that count.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** Starts the program that the script was given; it ends when its input is closed. */
export async function sandbox() {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const child = spawn(process.argv[2], [folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })
  const first = await new Promise((resolve, reject) => {
    lines.once('line', resolve)
    child.once('exit', (code) => reject(new Error(`the sandbox ended with ${code}`)))
  })
  const { address, settings } = JSON.parse(first)
  const call = async (method, path, body) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' }
    const answer = await fetch(address + path, { method, headers, body: body && JSON.stringify(body) })
    return { status: answer.status, json: await answer.json() }
  }
  return { address, settings, folder, call, stop: () => child.stdin.end() }
}

/** Receives what the sandbox brings: `next()` waits for one, with the exact text of its body. */
export async function receiver(answer) {
  const arrived = []
  const waiting = []
  const server = createServer((request, response) => {
    const parts = []
    request.on('data', (part) => parts.push(part))
    request.on('end', () => {
      const letter = { headers: request.headers, body: Buffer.concat(parts).toString('utf8') }
      waiting.length ? waiting.shift()(letter) : arrived.push(letter)
      const { status, body } = answer(letter)
      response.writeHead(status, { 'content-type': 'text/plain' })
      response.end(body)
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const next = () =>
    arrived.length
      ? Promise.resolve(arrived.shift())
      : new Promise((resolve, reject) => {
          const late = setTimeout(() => reject(new Error('no notification came in 10 s')), 10_000)
          waiting.push((letter) => {
            clearTimeout(late)
            resolve(letter)
          })
        })
  const url = `http://127.0.0.1:${server.address().port}/notify`
  return { url, next, stop: () => server.close() }
}

let passed = 0

export function check(what, holds) {
  if (!holds) throw new Error(`${what}: does not hold`)
  passed += 1
}

/** The promise has to fail, and in the way that the test names. */
export async function refused(what, promise, how) {
  const why = await promise.then(
    (value) => ({ value }),
    (error) => ({ error }),
  )
  if (!why.error) throw new Error(`${what}: was not refused`)
  if (!how(why.error)) throw new Error(`${what}: refused in another way: ${why.error.message}`)
  passed += 1
}

/** What a day in China is called now. */
export const today = () => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 10)

export function done(name) {
  console.log(`${name}: ${passed} passed`)
}
