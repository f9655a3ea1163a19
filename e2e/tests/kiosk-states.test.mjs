// Every state of a terminal's two screens, in both languages: nothing sticks out, nothing is cut, everybody can read it.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { axe, launch } from '../lib/browser.mjs'
import { pretend } from '../lib/kioskAgent.mjs'
import { faults, screen } from '../lib/kioskScreens.mjs'
import { IDLE, NOW, STATES } from '../lib/kioskViews.mjs'

/** Each one is another layout; the rest differ in words and numbers, and are only measured. */
const LAYOUTS = [
  'idle-worries',
  'dishes',
  'amount',
  'weigh',
  'fixed-ready',
  'present',
  'deciding',
  'duplicate',
  'period-asked',
]
const RESULTS = ['paid-offline', 'refused', 'undone', 'balance', 'practice', 'setup-wrong', 'broken', 'roster']
let browser
let agent

before(async () => {
  browser = await launch()
  agent = await pretend()
})
after(async () => {
  await browser?.close()
  await agent?.stop()
})

for (const language of ['zh', 'en']) {
  for (const side of ['operator', 'customer']) {
    test(`every state is whole and readable: ${side}, ${language}`, async () => {
      const page = await screen(browser, agent, side)
      const wrong = []
      for (const [name, patch] of Object.entries(STATES)) {
        agent.show({ ...IDLE, ...patch, language, now: NOW, seq: agent.counter.view.seq })
        await page.waitForTimeout(name === 'roster' ? 500 : 150)
        const found = await faults(page)
        if ([...LAYOUTS, ...RESULTS].includes(name)) found.push(...(await axe(page)))
        wrong.push(...found.map((text) => `${name}: ${text}`))
      }
      assert.deepEqual(wrong, [])
      assert.deepEqual(page.errors, [])
      await page.context().close()
    })
  }
}
