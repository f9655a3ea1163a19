// The payment channels of the sandbox, as a program of its own on this machine. Set YITONG_SANDBOX to
// `target/debug/examples/serve` of the crate `yitong-sandbox`; without it nothing is paid.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export const program = process.env.YITONG_SANDBOX

export async function openSandbox() {
  const folder = mkdtempSync(join(tmpdir(), 'yitong-sandbox-'))
  const child = spawn(program, [folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  // One line when its keys are made.
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const { address, settings } = JSON.parse(line)
  return {
    settings,
    /** As the payer: `pay`, `fail` or `abandon` the order of this number. */
    async payer(number, deed) {
      const answer = await fetch(`${address}/orders/${number}/${deed}`, { method: 'POST' })
      if (!answer.ok) throw new Error(`${deed} ${number}: ${answer.status} ${await answer.text()}`)
    },
    async stop() {
      child.stdin.end()
      await once(child, 'exit')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
