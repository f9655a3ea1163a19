// What the counter says about its camera: refused, away, taken, resting; and that all of it fits every screen.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { SIZES, axe, fakeCamera, launch, open, overflow } from '../lib/browser.mjs'
import { film, picture, qr } from '../lib/film.mjs'
import { start } from '../lib/server.mjs'
import { counter } from '../lib/till.mjs'

const folder = mkdtempSync(join(tmpdir(), 'yitong-film-'))
const browsers = []
const filmed = async (how) => browsers[browsers.push(await launch(fakeCamera(how))) - 1]
let server

before(async () => {
  server = await start()
})
after(async () => {
  await Promise.all(browsers.map((browser) => browser.close()))
  rmSync(folder, { recursive: true, force: true })
  await server?.stop()
})

/** Switches the camera on and gives the words across the top, when they say what is asked for. */
async function strip(till, words) {
  const said = till.locator('.strips .warn', { hasText: words })
  await said.waitFor()
  return said
}

test('a camera that is refused, away or taken is explained in words, and none of it stops the till', async () => {
  const refused = await filmed({ allow: false })
  let { till } = await counter(refused, server.base, ['amount'])
  await till.keyboard.press('F9')
  await strip(till, /浏览器不让本页用摄像头.*允许/)
  await till.keyboard.press('F3')
  await till.keyboard.press('8')
  await till.waitForFunction(() => document.querySelector('.total')?.textContent === '¥8.00')
  await till.locator('.strips').getByRole('button', { name: '不用摄像头' }).click()
  assert.equal(await till.locator('.strips .warn').count(), 0)
  await refused.close()

  const none = await filmed({ cameras: 0 })
  till = (await counter(none, server.base, ['amount'])).till
  await till.keyboard.press('F9')
  await strip(till, /没有找到摄像头/)
  await none.close()

  const browser = await filmed({})
  const plainHttp = (page) =>
    page.addInitScript(() => Object.defineProperty(globalThis, 'isSecureContext', { value: false }))
  till = (await counter(browser, server.base, ['amount'], plainHttp)).till
  await till.keyboard.press('F9')
  await strip(till, /只对 https 网址开放/)
  await till.context().close()

  const taken = (page) =>
    page.addInitScript(() => {
      const get = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices)
      let first = true
      navigator.mediaDevices.getUserMedia = async (how) => {
        if (!first) return get(how)
        first = false
        throw new DOMException('Could not start video source', 'NotReadableError')
      }
    })
  till = (await counter(browser, server.base, ['amount'], taken)).till
  await till.keyboard.press('F9')
  const words = await strip(till, /摄像头正被别的程序或标签页占用/)
  await words.getByRole('button', { name: '重试' }).click()
  await till.waitForFunction(() => document.querySelector('.lens video')?.srcObject?.active)
  await words.waitFor({ state: 'detached' })
  await till.context().close()
  await browser.close()
})

test('a reader that can not be loaded is explained, and loaded when the network is back', async () => {
  const browser = await filmed({})
  const { till } = await counter(browser, server.base, ['amount'])
  await till.context().route('**/*.wasm', (route) => route.abort())
  await till.keyboard.press('F9')
  const words = await strip(till, /摄像头扫码出错/)
  await till.context().unroute('**/*.wasm')
  await words.getByRole('button', { name: '重试' }).click()
  await till.waitForFunction(() => document.querySelector('.lens .over') === null)
  assert.equal(await till.locator('.strips .warn').count(), 0)
  await browser.close()
})

/** What is wrong with the till in both languages and at every size, once `show` has brought it there. */
async function faults(browser, show) {
  const wrong = []
  for (const lang of ['zh', 'en']) {
    const till = await open(browser, { base: server.base, user: 'cashier1', lang })
    await till.goto('/counter/')
    await till.locator('.till').waitFor()
    await till.keyboard.press('F9')
    await show(till)
    for (const [name, size] of Object.entries(SIZES)) {
      await till.setViewportSize(size)
      const tall = await till.evaluate(() => document.documentElement.scrollHeight - window.innerHeight)
      const found = [
        ...(tall > 0 ? [`scrolls by ${tall} px`] : []),
        ...(await overflow(till)),
        ...(await axe(till)),
      ]
      const chinese = lang === 'en' ? await till.locator('.strips, .panel').allInnerTexts() : []
      if (/[\u4e00-\u9fff]/.test(chinese.join(''))) found.push(`Chinese words: ${chinese}`)
      wrong.push(...found.map((text) => `${lang} ${name}: ${text}`))
    }
    await till.context().close()
  }
  return wrong
}

test('the camera, its refusal and the panel fit every screen, in both languages', async () => {
  const file = join(folder, 'two.y4m')
  const two = [-300, 300].map((x) => ({ code: qr(`97${1000 + x}${'5'.repeat(194)}`), x }))
  film(file, [{ seconds: 1, pictures: [picture(two)] }])
  const browser = await filmed({ film: file })
  const on = (till) => till.locator('.lens.several').waitFor()
  const large = (till) => on(till).then(() => till.locator('.lens').click())
  const panel = async (till) => {
    await till.keyboard.press('F10')
    await till.locator('.panel .stack > button').nth(1).click()
    await till.locator('.panel .said').first().waitFor()
  }
  for (const show of [on, large, panel]) assert.deepEqual(await faults(browser, show), [], show.name)
  await browser.close()
  const refused = await filmed({ allow: false })
  assert.deepEqual(await faults(refused, (till) => till.locator('.strips .choices').waitFor()), [])
  await refused.close()
})

test('the camera rests while the page is not seen, and is on again after a reload', async () => {
  const browser = await filmed({})
  const { till } = await counter(browser, server.base, ['amount'])
  const running = (on) =>
    till.waitForFunction((on) => !!document.querySelector('.lens video')?.srcObject?.active === on, on)
  const seen = (hidden) =>
    till.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    }, hidden)
  await till.keyboard.press('F9')
  await running(true)
  await till.evaluate(() => (globalThis.track = document.querySelector('.lens video').srcObject.getTracks()[0]))
  await seen(true)
  await running(false)
  assert.equal(await till.evaluate(() => globalThis.track.readyState), 'ended', 'the light of the camera is off')
  await seen(false)
  await running(true)
  await till.reload()
  await running(true)
  await till.keyboard.press('F10')
  await till.getByRole('button', { name: '扫码设备' }).click()
  const which = till.getByLabel('用哪个摄像头')
  await which.locator('option', { hasText: 'fake_device_0' }).waitFor({ state: 'attached' })
  await which.selectOption({ label: await which.locator('option').nth(1).innerText() })
  await running(true)
  const kept = await till.evaluate(() => JSON.parse(localStorage.getItem('yitong.counter.settings')))
  assert.ok(kept.camera && kept.camera_id.length > 8)
  assert.deepEqual(till.errors, [])
  await browser.close()
})
