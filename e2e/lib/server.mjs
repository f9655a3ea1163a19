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

/** Where the demo's own sandbox of the channels listens: so far above the server; its mail server is the next one. */
const SANDBOX_ABOVE = 50

async function freePorts() {
  const taken = async (port) => {
    const server = createServer()
    await new Promise((done, fail) => server.once('error', fail).listen(port, '127.0.0.1', done))
    return server
  }
  for (;;) {
    const first = await taken(0)
    const { port } = first.address()
    const others = [SANDBOX_ABOVE, SANDBOX_ABOVE + 1].map((above) => taken(port + above).catch(() => null))
    const held = [first, ...(await Promise.all(others))]
    await Promise.all(held.map((of) => of && new Promise((done) => of.close(done))))
    if (held.every(Boolean)) return port
  }
}

/**
 * `yitong demo` with a small school and the sandbox of its channels, or `yitong serve` with nothing at all. It can be
 * killed and started again on the same port with what it had, and held as if it hung.
 */
export async function start({ empty = false, pupils = 120, days = 3 } = {}) {
  const program = process.env.YITONG_BIN ?? OWN
  if (!existsSync(program)) throw new Error(`${program} is missing: build it, or set YITONG_BIN`)
  const data = mkdtempSync(join(tmpdir(), 'yitong-e2e-'))
  const port = await freePorts()
  const listen = `127.0.0.1:${port}`
  const base = `http://${listen}`
  const size = empty ? [] : ['--pupils', String(pupils), '--days', String(days)]
  const args = [empty ? 'serve' : 'demo', '--data', data, '--listen', listen, ...size]
  let running = null

  async function run(more = []) {
    const child = spawn(program, [...args, ...more], { stdio: ['ignore', 'pipe', 'pipe'] })
    const said = []
    child.stdout.on('data', (text) => said.push(text))
    child.stderr.on('data', (text) => said.push(text))
    running = { child, ended: new Promise((done) => child.once('exit', done)) }
    const until = Date.now() + READY_MS
    while (Date.now() < until && child.exitCode === null) {
      const answer = await fetch(`${base}/healthz`).catch(() => null)
      if (answer?.ok) return
      await new Promise((done) => setTimeout(done, 100))
    }
    await stop()
    throw new Error(`yitong did not start:\n${Buffer.concat(said)}`)
  }

  async function end(signal) {
    const { child, ended } = running
    // A process that is held does not hear SIGTERM.
    child.kill('SIGCONT')
    child.kill(signal)
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    await ended
    clearTimeout(late)
  }

  async function stop() {
    await end('SIGTERM')
    rmSync(data, { recursive: true, force: true })
  }

  await run()
  return {
    base,
    sandbox: `http://127.0.0.1:${port + SANDBOX_ABOVE}`,
    stop,
    /** As if the power had gone. */
    kill: () => end('SIGKILL'),
    again: () => run(empty ? [] : ['--keep']),
    /** It takes connections and never answers, until it is let go. */
    hold: () => running.child.kill('SIGSTOP'),
    letGo: () => running.child.kill('SIGCONT'),
  }
}
