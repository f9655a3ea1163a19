// The real agent of a counter in a folder of its own: started, killed, copied and asked from a shell.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const READY_MS = 20_000
const OWN = fileURLToPath(new URL('../../target/debug/yitong-terminal', import.meta.url))

/** An agent that has not been enrolled; codes that are typed are for `server`. */
export async function terminal(server) {
  const program = process.env.YITONG_TERMINAL_BIN ?? OWN
  if (!existsSync(program)) throw new Error(`${program} is missing: build it, or set YITONG_TERMINAL_BIN`)
  const folder = mkdtempSync(join(tmpdir(), 'yitong-terminal-'))
  let running = null
  let port = 0
  let addresses = {}

  async function start(more = []) {
    const args = ['--data', folder, '--server', server.base, 'run', '--listen', `127.0.0.1:${port}`, ...more]
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stdout.on('data', (text) => (said += text))
    child.stderr.on('data', (text) => (said += text))
    running = { child, ended: new Promise((done) => child.once('exit', done)), log: () => said }
    const until = Date.now() + READY_MS
    while (Date.now() < until && child.exitCode === null) {
      const [operator, customer] = ['operator', 'customer'].map((side) => said.match(`${side}: (http://\\S+)`)?.[1])
      if (operator && customer) {
        addresses = { operator, customer }
        // Its pages come back by themselves, so it has to come back where they look.
        port = new URL(operator).port
        return
      }
      await new Promise((done) => setTimeout(done, 20))
    }
    throw new Error(`yitong-terminal did not start:\n${said}`)
  }

  async function end(signal) {
    running.child.kill(signal)
    await running.ended
  }

  /** Another command on a folder; `code` is how it ended. */
  function shell(args, data = folder) {
    const child = spawn(program, ['--data', data, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let said = ''
    child.stdout.on('data', (text) => (said += text))
    child.stderr.on('data', (text) => (said += text))
    return new Promise((done) => child.once('close', (code) => done({ code, said })))
  }

  await start()
  return {
    folder,
    start,
    shell,
    log: () => running.log(),
    address: (side, more = '') => addresses[side] + more,
    /** As if the power had gone. */
    kill: () => end('SIGKILL'),
    async stop({ keep = false } = {}) {
      await end('SIGTERM')
      if (!keep) rmSync(folder, { recursive: true, force: true })
    },
  }
}
