// Every state of a terminal's two screens as pictures, in both languages, with what is wrong beside them.
// node lookKiosk.mjs --out shots [state…]
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { axe, launch } from './lib/browser.mjs'
import { pretend } from './lib/kioskAgent.mjs'
import { faults, screen } from './lib/kioskScreens.mjs'
import { IDLE, STATES } from './lib/kioskViews.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: 'shots' },
    langs: { type: 'string', default: 'zh,en' },
    sides: { type: 'string', default: 'operator,customer' },
    axe: { type: 'boolean', default: false },
  },
})
mkdirSync(values.out, { recursive: true })
const agent = await pretend()
const browser = await launch()
for (const language of values.langs.split(',')) {
  for (const side of values.sides.split(',')) {
    const page = await screen(browser, agent, side)
    for (const [name, patch] of Object.entries(STATES)) {
      if (positionals.length && !positionals.includes(name)) continue
      agent.show({ ...IDLE, ...patch, language, seq: agent.counter.view.seq })
      await page.waitForTimeout(500)
      const file = join(values.out, `${side}-${name}-${language}.png`)
      await page.screenshot({ path: file })
      const wrong = [...page.errors.splice(0), ...(await faults(page)), ...(values.axe ? await axe(page) : [])]
      console.log(`${file}${wrong.length ? `\n  ${wrong.join('\n  ')}` : ''}`)
    }
    await page.context().close()
  }
}
await browser.close()
await agent.stop()
