// The real binary on a free port of this machine, with data of its own; stopped and forgotten after the tests.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const READY_MS = 90_000
const STOP_MS = 10_000
const OWN = fileURLToPath(new URL('../../target/debug/yitong', import.meta.url))

async function freePort() {
  const server = createServer()
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address()
  await new Promise((done) => server.close(done))
  return port
}

/** `yitong demo` with a small school, or `yitong serve` with nothing at all. */
export async function start({ empty = false, pupils = 120, days = 3 } = {}) {
  const program = process.env.YITONG_BIN ?? OWN
  if (!existsSync(program)) throw new Error(`${program} is missing: build it, or set YITONG_BIN`)
  const data = mkdtempSync(join(tmpdir(), 'yitong-e2e-'))
  const listen = `127.0.0.1:${await freePort()}`
  const size = empty ? [] : ['--pupils', String(pupils), '--days', String(days)]
  const args = [empty ? 'serve' : 'demo', '--data', data, '--listen', listen, ...size]
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  const said = []
  child.stdout.on('data', (text) => said.push(text))
  child.stderr.on('data', (text) => said.push(text))
  const ended = new Promise((done) => child.once('exit', done))
  const base = `http://${listen}`

  async function stop() {
    child.kill('SIGTERM')
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(late)
    rmSync(data, { recursive: true, force: true })
  }

  const until = Date.now() + READY_MS
  while (Date.now() < until && child.exitCode === null) {
    const answer = await fetch(`${base}/healthz`).catch(() => null)
    if (answer?.ok) return { base, pid: child.pid, stop }
    await new Promise((done) => setTimeout(done, 100))
  }
  await stop()
  throw new Error(`yitong did not start:\n${Buffer.concat(said)}`)
}
