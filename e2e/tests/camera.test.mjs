// Codes read by the counter's camera: films of codes for Chromium's fake camera.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fakeCamera, launch } from '../lib/browser.mjs'
import { ean13, film, picture, qr } from '../lib/film.mjs'
import { start } from '../lib/server.mjs'
import { counter, holders, sent } from '../lib/till.mjs'

const folder = mkdtempSync(join(tmpdir(), 'yitong-film-'))
const SECOND_LOOK_MS = 20_000
const BLANK = { seconds: 2, pictures: [picture([])] }
/** A scene a second and a half long; noise is another one in each picture, as a sensor's is. */
const scene = (codes, how = {}) => {
  const seeds = how.noise ? [1, 2, 3] : [1]
  return { seconds: 1.6, pictures: seeds.map((seed) => picture(codes, { ...how, seed })) }
}
const browsers = []
const filmed = async (how) => browsers[browsers.push(await launch(how && fakeCamera(how))) - 1]
let server
let codes
let people

before(async () => {
  server = await start()
  const browser = await filmed()
  people = await holders(browser, server.base, 7)
  codes = people.map((of) => of.code)
  await browser.close()
})
after(async () => {
  // After a test that failed its browser is still there, and would keep everything waiting.
  await Promise.all(browsers.map((browser) => browser.close()))
  rmSync(folder, { recursive: true, force: true })
  await server?.stop()
})

test('a whole purchase is made by the camera: a dish by its bars, then the code of a person', async () => {
  const file = join(folder, 'lunch.y4m')
  // The dish is known once the stall is: the film is made between two browsers.
  const first = await filmed()
  const { stall } = await counter(first, server.base, ['dish'])
  await first.close()
  const dish = stall.dishes.find((of) => of.available && /^\d{13}$/.test(of.barcode))
  film(file, [
    BLANK,
    scene([{ code: ean13(dish.barcode), module: 3 }]),
    BLANK,
    scene([{ code: qr(codes[0]) }]),
    BLANK,
  ])

  const browser = await filmed({ film: file })
  const loaded = []
  const { till } = await counter(browser, server.base, ['dish'], async (page) =>
    page.on('request', (asked) => loaded.push(new URL(asked.url()))),
  )
  const paid = sent(till)
  assert.deepEqual(loaded.filter((url) => /wasm|worker|scanners/.test(url.pathname)).map(String), [])
  await till.keyboard.press('F9')
  const price = (dish.price.fen / 100).toFixed(2)
  await till.waitForFunction((price) => document.querySelector('.total')?.textContent === `¥${price}`, price)
  await till.locator('.result.paid').waitFor({ timeout: 15_000 })
  assert.match(await till.locator('.result').innerText(), new RegExp(people[0].name))
  assert.deepEqual(paid, [codes[0]], 'shown for a second and a half, read many times, sent once')
  assert.equal(loaded.filter((url) => url.pathname.endsWith('.wasm')).length, 1)
  assert.deepEqual(
    loaded.filter((url) => url.origin !== server.base).map(String),
    [],
    'nothing comes from elsewhere',
  )
  await till.keyboard.press('F9')
  await till.locator('.lens').waitFor({ state: 'detached' })
  assert.deepEqual(till.errors, [])
  await browser.close()
})

/** A code as long as those on phones: the server knows nobody by it, the camera must read it all the same. */
const phone = (n) => `97${`${n}`.padStart(30, '0')}${`${n}8246193570`.repeat(40).slice(0, 438)}`

/** What is held in front of the camera, and whether it must be read. */
function drawn() {
  const one = (text, how, level) => [{ code: qr(text, level), ...how }]
  return [
    ['printed, upright, 6 px a module', [codes[0]], one(codes[0], {})],
    ['printed, turned by 20°', [codes[1]], one(codes[1], { turn: 20 })],
    ['printed, turned by 35°', [codes[2]], one(codes[2], { turn: 35, module: 5 })],
    ['printed, blurred by 2 px, noise σ 20', [codes[3]], one(codes[3], { turn: 8 }), { blur: 2, noise: 20 }],
    ['printed, small: 2.6 px a module', [codes[4]], one(codes[4], { module: 2.6, turn: 5, x: 300, y: -120 })],
    ['on a phone, 470 digits, 4 px', [phone(1)], one(phone(1), { module: 4, turn: -12 }, 'M')],
    [
      'on a phone, small: 2.6 px, noise σ 12',
      [phone(2)],
      one(phone(2), { module: 2.6, turn: 5 }, 'M'),
      { noise: 12 },
    ],
    [
      'two codes at once',
      [],
      [
        { code: qr(codes[5]), x: -300 },
        { code: qr(codes[6]), x: 300 },
      ],
    ],
  ]
}

/** How long the reader takes for a picture, measured where the page waits for it. */
const stopwatch = () => {
  globalThis.readMs = []
  const post = Worker.prototype.postMessage
  Worker.prototype.postMessage = function (...args) {
    const began = performance.now()
    this.addEventListener('message', () => globalThis.readMs.push(performance.now() - began), { once: true })
    return post.apply(this, args)
  }
}

test('codes are read turned, noisy and small; a table tells which', async (t) => {
  const file = join(folder, 'codes.y4m')
  const shown = drawn()
  film(file, [BLANK, ...shown.map(([, , laid, how]) => scene(laid, how)), BLANK])
  const browser = await filmed({ film: file })
  const { till } = await counter(browser, server.base, ['count'], (page) => page.addInitScript(stopwatch))
  const texts = sent(till)
  await till.keyboard.press('F7')
  await till.keyboard.press('F9')
  await till.locator('.lens.several').waitFor({ timeout: 30_000 })
  const wanted = shown.flatMap(([, of]) => of)
  const missing = () => wanted.filter((text) => !texts.includes(text))
  // The film begins again at its end: a busy machine, whose reader came late, gets a second look at its beginning.
  const until = Date.now() + SECOND_LOOK_MS
  while (missing().length && Date.now() < until) await till.waitForTimeout(250)
  await till.waitForTimeout(1500)
  const ms = await till.evaluate(() => globalThis.readMs.toSorted((a, b) => a - b))
  await browser.close()

  const rows = shown.map(([name, wanted]) => {
    const read = wanted.filter((text) => texts.includes(text)).length
    return `${name.padEnd(40)} ${wanted.length ? (read ? 'read' : 'NOT READ') : 'not taken, and said so'}`
  })
  const at = (share) => ms[Math.floor(ms.length * share)].toFixed(0)
  t.diagnostic(`${ms.length} pictures of 1280×720, a picture takes ${at(0.5)} ms (median), ${at(0.95)} ms (95 %)`)
  for (const row of rows) t.diagnostic(row)
  assert.deepEqual(
    missing().map((text) => text.slice(0, 40)),
    [],
  )
  assert.deepEqual(
    texts.filter((text) => !wanted.includes(text)),
    [],
    'of two codes none is charged',
  )
})
