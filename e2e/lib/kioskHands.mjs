// A cashier's hands and eyes at a terminal with the real agent: keys a price, scans, waits for what the screens say.
import assert from 'node:assert/strict'
import { typeAt } from './hands.mjs'

const HELD_MS = 90
/** So long the code that has just paid is taken for the same one, still before the scanner. */
export const STILL_THERE_MS = 2_000
/** A scanner that plays a keyboard: so many milliseconds between two signs. */
const SCANNER_MS = 3
const HAND_BACK_MS = 200

/** Keys as fast as a hand: slower than any scanner. */
export async function press(page, keys) {
  for (const key of keys) {
    await page.keyboard.press(key)
    await page.waitForTimeout(HELD_MS)
  }
}

/** Afterwards the hand goes back to the keys; an Enter that comes sooner is the scanner's second one. */
export async function scan(page, text) {
  await typeAt(page, text, SCANNER_MS)
  await page.waitForTimeout(HAND_BACK_MS)
}

export const said = (page, text) => page.getByText(text, { exact: true }).first().waitFor()

/** The large sum on a screen. */
export const sum = (page, text) =>
  page.waitForFunction((text) => document.querySelector('.sum')?.innerText.trim().endsWith(text), text)

/** The screen sells keyed amounts. */
export async function keyed(operator) {
  await operator.keyboard.press('F2')
  await operator
    .getByRole('dialog')
    .getByRole('button', { name: /金额|Amount/ })
    .click()
  await operator.locator('.keypad').waitFor()
}

/** A keyed amount stands on the screen: `12.50`. */
export async function price(operator, yuan) {
  await press(operator, yuan)
  await sum(operator, `¥${yuan}`)
}

/** What the screen says in the end; another end than the expected one is told in its own words. */
export async function result(operator, kind) {
  const end = operator.locator('main.result, main.question')
  await end.waitFor()
  const words = await end.innerText()
  assert.match(await end.getAttribute('class'), new RegExp(`\\b${kind}\\b`), words)
  return words
}

/** Keys the amount, scans the code, and the screen turns to what was expected. */
export async function sell(operator, yuan, code, kind = 'paid') {
  await price(operator, yuan)
  await scan(operator, code)
  return result(operator, kind)
}

/** The next customer, without waiting for the result to go by itself. */
export async function next(operator) {
  await operator.keyboard.press('Enter')
  await operator.locator('.result').waitFor({ state: 'detached' })
}

/** Nobody pays this price. */
export async function clear(operator) {
  await operator.keyboard.press('Delete')
  await sum(operator, '¥0.00')
}

/** What stands in the status bar: what was not sent, online or not. */
export async function status(operator, words, within = 15_000) {
  const bar = operator.locator('.status')
  await operator
    .waitForFunction(
      (words) => document.querySelector('.status')?.innerText.replace(/\s+/g, ' ').includes(words),
      words,
      { timeout: within },
    )
    .catch(async () => assert.fail(`the bar never said ${words}: ${await bar.innerText()}`))
}

/** Asks until it is so: what another program does takes its time. */
export async function until(what, ask, expected, within = 15_000) {
  const end = Date.now() + within
  let found
  do {
    found = await ask()
    try {
      assert.deepEqual(found, expected)
      return found
    } catch {
      await new Promise((done) => setTimeout(done, 100))
    }
  } while (Date.now() < end)
  return assert.deepEqual(found, expected, what)
}

/**
 * Tests that stand on the one before: after a failure the rest would only tell of that one again. `pages` are
 * photographed when a step fails and YITONG_SHOTS names a folder.
 */
export function steps(test, pages) {
  let failed = null
  return (name, work) =>
    test(name, async () => {
      assert.equal(failed, null, 'a step before this one failed')
      try {
        await work()
      } catch (why) {
        failed = name
        const folder = process.env.YITONG_SHOTS
        const shoot = (page, at) => page?.screenshot({ path: `${folder}/failed-${at}.png` })
        if (folder) await Promise.all(pages().map(shoot))
        throw why
      }
    })
}
