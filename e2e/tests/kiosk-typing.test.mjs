// A hand and a scanner at one keyboard, while the page stands still: what is charged is what the hand typed.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { launch } from '../lib/browser.mjs'
import { pretend } from '../lib/kioskAgent.mjs'
import { screen } from '../lib/kioskScreens.mjs'
import { STATES } from '../lib/kioskViews.mjs'

/** A printed code: no digit of it is in the amounts below. */
const CODE = `97${'6789067890'.repeat(19)}67890678`
const AMOUNT = '12.5'
const STALL_MS = 1_500
let browser
let agent
let page

before(async () => (browser = await launch()))
after(() => browser?.close())
beforeEach(async () => {
  agent = await pretend()
  agent.show({ mode: 'amount', total: 0 })
  page = await screen(browser, agent, 'operator')
})
afterEach(async () => {
  await page.context().close()
  await agent.stop()
})

const wait = (ms) => new Promise((done) => setTimeout(done, ms))

/** Presses keys at moments of the keyboard's own clock, in milliseconds from now; nobody waits for the page. */
async function keyboard(presses) {
  const cdp = await page.context().newCDPSession(page)
  const from = Date.now()
  const sent = []
  for (const { key, at } of presses) {
    await wait(Math.max(0, from + at - Date.now()))
    const timestamp = (from + at) / 1000
    const code = key === 'Enter' ? 13 : key === '.' ? 190 : key.charCodeAt(0)
    const of = { key, windowsVirtualKeyCode: code, timestamp }
    sent.push(cdp.send('Input.dispatchKeyEvent', { type: 'keyDown', text: key === 'Enter' ? '\r' : key, ...of }))
    sent.push(cdp.send('Input.dispatchKeyEvent', { type: 'keyUp', ...of }))
  }
  await Promise.all(sent)
  await cdp.detach()
}

const typed = (text, from, gap) =>
  [...text].map((key, n) => ({ key: key === '\n' ? 'Enter' : key, at: from + n * gap }))

/** The page does nothing for so long, as on a machine that has other things to do. */
const stall = (ms) =>
  page.evaluate((ms) => {
    setTimeout(() => {
      const until = performance.now() + ms
      while (performance.now() < until);
    }, 0)
  }, ms)

async function sold(amount) {
  // A result goes again after a while, and a slow machine may be late to look.
  for (let n = 0; n < 500 && !agent.counter.sold.length; n += 1) await wait(20)
  const said = await page.locator('.strip.warn').allInnerTexts()
  assert.deepEqual([agent.counter.sold, said], [[amount], []], JSON.stringify(agent.posted))
  const keyed = agent.acts('key').map((of) => of.act.key)
  return keyed
}

for (const gap of [2, 12, 40]) {
  test(`a page that stands still sells for what the hand typed: ${gap} ms a sign`, async () => {
    await stall(STALL_MS)
    // All of it arrives while nobody listens, and the timer of the first sign is due long before the rest is heard.
    await keyboard([...typed(AMOUNT, 50, 150), ...typed(`${CODE}\n`, 800, gap)])
    assert.deepEqual(await sold(1250), [...AMOUNT])
    assert.equal(agent.acts('scan')[0].act.text, CODE)
  })
}

test('a page that stands still between the signs of a scan takes none of them for a hand’s', async () => {
  await keyboard(typed(AMOUNT, 0, 150))
  await page.waitForFunction(() => document.querySelector('.sum').innerText.includes('12.50'))
  // Two signs are heard; the others wait behind a page that does nothing.
  await keyboard(typed(CODE.slice(0, 2), 0, 10))
  await stall(STALL_MS)
  await keyboard(typed(`${CODE.slice(2)}\n`, 0, 6))
  assert.deepEqual(
    await sold(1250).then((keys) => keys.filter((key) => !AMOUNT.includes(key))),
    [],
    'no sign of the code became a key',
  )
})

test('a scan that was torn apart leaves the amount as the hand typed it', async () => {
  await keyboard(typed(AMOUNT, 0, 150))
  await page.waitForFunction(() => document.querySelector('.sum').innerText.includes('12.50'))
  // By the keyboard's clock, too: a second passes after the first sign.
  await keyboard([...typed(CODE[0], 0, 0), ...typed(`${CODE.slice(1)}\n`, 1_000, 5)])
  const keys = await sold(1250)
  assert.deepEqual(keys, [...AMOUNT, CODE[0]], 'it was taken for a key, and taken back')
  assert.ok(agent.acts('scan')[0].act.not_keyed)
})

test('a scan without its end changes no amount, and the cashier is told', async () => {
  agent.show({ mode: 'amount', keyed: AMOUNT, total: 1250, screen: 'pricing' })
  await keyboard(typed(CODE.slice(0, 40), 0, 5))
  await page.getByText(/没有读完整/).waitFor()
  assert.equal(agent.counter.view.keyed, AMOUNT)
  // Its Enter comes late: it confirms nothing.
  await keyboard(typed('\n', 0, 0))
  await wait(300)
  assert.deepEqual(agent.acts('key'), [])
  assert.equal(agent.counter.view.screen, 'pricing')
})

test('keys in the middle of a scan clear the amount, and the cashier is told', async () => {
  const scan = typed(`${CODE}\n`, 520, 5)
  const hand = typed('12.50', 0, 150)
  await keyboard([...hand, ...scan].sort((a, b) => a.at - b.at))
  await page.getByText(/按键和扫码混在一起/).waitFor()
  assert.equal(agent.counter.view.keyed, '')
  assert.deepEqual(agent.counter.sold, [])
})

test('digits of a hand are seen at once', async () => {
  // They are held for less than a tenth of a second, which a slow test may miss: the page itself looks.
  await page.evaluate(() => {
    const look = () => document.querySelector('.held')?.innerText.includes('7') && (window.seen = true)
    new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
  })
  await keyboard(typed('7', 0, 0))
  await page.waitForFunction(() => window.seen)
  await page.waitForFunction(() => document.querySelector('.sum').innerText.includes('7.00'))
})

test('an enrolment code may be typed as fast as one can; why it was refused is said, and what was typed stays', async () => {
  agent.show(STATES.setup)
  await page.locator('.setup').waitFor()
  await keyboard(typed('K7Q0M2X9~\n', 0, 20))
  await page.getByText('K7Q0-M2X9-~').waitFor()
  assert.deepEqual(
    agent.acts('enrol').map((of) => of.act.text),
    ['K7Q0M2X9~'],
  )
  assert.equal(await page.locator('.strip.warn').count(), 0)
  agent.show({ setup: { busy: true, wrong: null } })
  await page.getByText('正在登记').waitFor()
  const wrong = { zh: '登记码不对、已用过或已过期', en: 'The code is wrong, used or expired' }
  agent.show({ setup: { busy: false, wrong } })
  await page.getByRole('alert').filter({ hasText: wrong.zh }).waitFor()
  assert.match(await page.locator('.setup .code').innerText(), /K7Q0-M2X9-~/)
  await keyboard(typed('\n', 0, 0))
  await page.waitForTimeout(200)
  assert.equal(agent.acts('enrol').length, 2, 'the same code may be tried again')
})
