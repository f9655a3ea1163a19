// Every page of the menu, and the counter: in both languages, on a phone and on a desk. The menu is read from the page,
// so that a new page is looked at without anybody adding it here.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { SIZES, axe, launch, open, overflow } from '../lib/browser.mjs'
import { start } from '../lib/server.mjs'

let browser
let server
before(async () => {
  server = await start()
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

/** Live pages never go quiet: when the skeletons are gone, what is to be seen is there. */
async function settle(page) {
  await page.locator('main').first().waitFor()
  await page.waitForFunction(() => !document.querySelector('.el-skeleton, .el-loading-mask'), null, {
    timeout: 8000,
  })
  await page.waitForTimeout(250)
}

/** What is wrong with a page at the size of now. */
async function faults(page) {
  return [...(await overflow(page)), ...(await axe(page))]
}

for (const lang of ['zh', 'en']) {
  test(`every page of the menu is clean on a desk and on a phone: ${lang}`, async () => {
    const page = await open(browser, { base: server.base, user: 'admin', lang })
    await page.goto('/admin/')
    const menu = page.locator('nav a[href^="/admin"]')
    await menu.first().waitFor()
    const links = await menu.evaluateAll((all) => all.map((a) => ({ path: a.pathname, word: a.innerText.trim() })))
    assert.ok(links.length >= 10, `the menu has ${links.length} pages`)
    const wrong = []
    for (const { path, word } of links) {
      page.errors.length = 0
      await page.setViewportSize(SIZES.desktop)
      await page.goto(path, { waitUntil: 'domcontentloaded' })
      const late = await settle(page).then(
        () => [],
        () => ['never ready'],
      )
      const desk = await faults(page)
      await page.setViewportSize(SIZES.phone)
      await page.waitForTimeout(150)
      const phone = (await faults(page)).map((text) => `on a phone: ${text}`)
      const chinese = lang === 'en' && /[\u4e00-\u9fff]/.test(word) ? [`the menu says ${word}`] : []
      wrong.push(...[...late, ...desk, ...phone, ...chinese, ...page.errors].map((text) => `${path}: ${text}`))
    }
    await page.context().close()
    assert.deepEqual(wrong, [])
  })

  test(`the counter is clean and never scrolls: ${lang}`, async () => {
    const page = await open(browser, { base: server.base, user: 'cashier1', lang })
    await page.goto('/counter/')
    await page.locator('.till').waitFor()
    for (const [width, height] of [
      [1024, 600],
      [480, 800],
      [390, 844],
      [768, 1024],
    ]) {
      await page.setViewportSize({ width, height })
      for (const key of ['F3', 'F6', 'F7', 'F2']) {
        await page.keyboard.press(key)
        const tall = await page.evaluate(() => document.documentElement.scrollHeight - window.innerHeight)
        const large = await page.locator('.total').evaluate((of) => parseFloat(getComputedStyle(of).fontSize))
        assert.ok(tall <= 0, `${width}×${height} after ${key}: the page scrolls by ${tall} px`)
        assert.ok(large >= 72, `${width}×${height}: the total is ${large} px high`)
      }
      assert.deepEqual([...page.errors, ...(await overflow(page)), ...(await axe(page))], [], `${width}×${height}`)
    }
    await page.goto('/counter/?screen=customer')
    await page.locator('.customer').waitFor()
    assert.deepEqual([...page.errors, ...(await overflow(page)), ...(await axe(page))], [])
    await page.context().close()
  })
}
