// A serial scanner at the counter: a port as Web Serial gives it, with real streams, unplugged and plugged again.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch } from '../lib/browser.mjs'
import { scan, scannerEnds } from '../lib/hands.mjs'
import { start } from '../lib/server.mjs'
import { counter, holders, sent } from '../lib/till.mjs'

let server
let browser
let person

before(async () => {
  server = await start()
  browser = await launch()
  ;[person] = await holders(browser, server.base, 1)
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

/** Runs in the page before it: `navigator.serial` with one port, and `scanner`, the hand that holds the other end. */
function plugIn() {
  const KEY = 'test.serial.granted'
  const serial = new EventTarget()
  let plugged = true
  let out = null
  const asked = { times: 0, baud: [] }
  const port = {
    readable: null,
    async open({ baudRate }) {
      if (out) throw new DOMException('The port is already open.', 'InvalidStateError')
      if (!plugged) throw new DOMException('Failed to open serial port.', 'NetworkError')
      asked.baud.push(baudRate)
      port.readable = new ReadableStream({ start: (to) => void (out = to) })
    },
    async close() {
      if (port.readable?.locked) throw new TypeError('Cannot close a port that is read from')
      port.readable = out = null
    },
    forget: async () => localStorage.removeItem(KEY),
  }
  serial.getPorts = async () => (localStorage.getItem(KEY) ? [port] : [])
  serial.requestPort = async () => {
    asked.times += 1
    localStorage.setItem(KEY, 'yes')
    return port
  }
  Object.defineProperty(Navigator.prototype, 'serial', { get: () => serial, configurable: true })
  globalThis.scanner = {
    asked,
    isOpen: () => out !== null,
    /** In pieces, as they come over a slow line. */
    async send(text, piece = 7) {
      const bytes = new TextEncoder().encode(text)
      for (let at = 0; at < bytes.length; at += piece) {
        out.enqueue(bytes.slice(at, at + piece))
        await new Promise((done) => setTimeout(done, 1))
      }
    },
    /** A sign came over the line that is none: the stream fails, the port gives another one. */
    disturb() {
      const failing = out
      port.readable = new ReadableStream({ start: (to) => void (out = to) })
      failing.error(new DOMException('Framing error', 'FramingError'))
    },
    unplug() {
      plugged = false
      port.readable = null
      out.error(new DOMException('The device has been lost.', 'NetworkError'))
      out = null
      serial.dispatchEvent(new Event('disconnect'))
    },
    plug() {
      plugged = true
      serial.dispatchEvent(new Event('connect'))
    },
  }
}

const serialTill = (modes) => counter(browser, server.base, modes, (page) => page.addInitScript(plugIn))
const send = (till, text, piece) =>
  till.evaluate(([text, piece]) => globalThis.scanner.send(text, piece), [text, piece])
const isOpen = (till, open) => till.waitForFunction((open) => globalThis.scanner.isOpen() === open, open)
const total = (till, words) =>
  till.waitForFunction((words) => document.querySelector('.total')?.textContent === words, words)
const rmb = (fen) => `¥${(fen / 100).toFixed(2)}`

async function panel(till) {
  await till.keyboard.press('F10')
  await till.getByRole('button', { name: '扫码设备' }).click()
  const dialog = till.getByRole('dialog', { name: '扫码设备' })
  await dialog.waitFor()
  return dialog
}

test('a serial scanner is connected once, sells, and is there again after a reload', async () => {
  const { till, stall } = await serialTill(['dish'])
  const dish = stall.dishes.find((of) => of.available)
  const paid = sent(till)
  const dialog = await panel(till)
  await dialog.getByText('未连接').waitFor()
  await dialog.getByRole('button', { name: '连接扫码枪' }).click()
  await dialog.getByText('已连接，可以扫码').waitFor()
  await till.keyboard.press('Escape')
  await send(till, `${dish.barcode}\r\n`)
  await total(till, rmb(dish.price.fen))
  await send(till, `${person.code}\r\n`)
  await till.locator('.result.paid').waitFor()
  assert.match(await till.locator('.result').innerText(), new RegExp(person.name))
  await till.keyboard.press('Enter')

  await till.reload()
  await till.locator('.till').waitFor()
  await isOpen(till, true)
  await send(till, `${dish.barcode}\r${dish.barcode}\r`, 64)
  await total(till, rmb(dish.price.fen * 2))
  assert.equal(await till.evaluate(() => globalThis.scanner.asked.times), 0, 'nobody is asked a second time')
  assert.deepEqual(paid, [person.code])
  assert.deepEqual(till.errors, [])
  await till.context().close()
})

test('a scanner that was unplugged, disturbed or set otherwise is heard again', async () => {
  const { till, stall } = await serialTill(['dish'])
  const dish = stall.dishes.find((of) => of.available)
  const dialog = await panel(till)
  await dialog.getByRole('button', { name: '连接扫码枪' }).click()
  await dialog.getByText('已连接，可以扫码').waitFor()
  await till.evaluate(() => globalThis.scanner.unplug())
  await dialog.getByText(/已拔出/).waitFor()
  await till.evaluate(() => globalThis.scanner.plug())
  await dialog.getByText('已连接，可以扫码').waitFor()
  await dialog.getByLabel('波特率').selectOption('115200')
  await till.waitForFunction(() => globalThis.scanner.asked.baud.at(-1) === 115200)
  await dialog.getByText('已连接，可以扫码').waitFor()
  assert.deepEqual(await till.evaluate(() => globalThis.scanner.asked.baud), [9600, 9600, 115200])
  await till.keyboard.press('Escape')
  await send(till, `${dish.barcode}\n`)
  await total(till, rmb(dish.price.fen))
  await till.evaluate(() => globalThis.scanner.disturb())
  await send(till, `${dish.barcode}\n`)
  await total(till, rmb(dish.price.fen * 2))

  // A line without an end, and one that is too long, are said to be broken; neither spoils the next one.
  await send(till, '12345')
  await till.getByText('扫码不完整').waitFor()
  await send(till, `${dish.barcode}\r`)
  await total(till, rmb(dish.price.fen * 3))
  assert.equal(await till.getByText('扫码不完整').count(), 0)
  await send(till, `${'7'.repeat(5000)}\r`, 500)
  await till.getByText('扫码不完整').waitFor()
  await send(till, `${dish.barcode}\r`)
  await total(till, rmb(dish.price.fen * 4))

  const again = await panel(till)
  await again.getByRole('button', { name: '断开' }).click()
  await again.getByText('未连接').waitFor()
  await isOpen(till, false)
  await till.reload()
  await till.locator('.till').waitFor()
  await till.waitForTimeout(500)
  assert.equal(await till.evaluate(() => globalThis.scanner.isOpen()), false, 'it is forgotten')
  assert.deepEqual(till.errors, [])
  await till.context().close()
})

test('a browser without serial ports says so', async () => {
  const without = (page) =>
    page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'serial', { value: undefined }))
  const { till } = await counter(browser, server.base, ['amount'], without)
  const dialog = await panel(till)
  await dialog.getByText(/这个浏览器不支持串口/).waitFor()
  assert.equal(await dialog.getByRole('button', { name: '连接扫码枪' }).count(), 0)
  await till.context().close()
})

test('a keyboard scanner types the long code of a phone, and legacy texts, into a payment', async () => {
  const { till } = await counter(browser, server.base, ['count'])
  const texts = sent(till)
  const phone = `97${'0123456789'.repeat(46)}01234567`
  const wrapped = `+${'aB3/'.repeat(55)}AA=`
  await till.keyboard.press('F7')
  for (const text of [phone, wrapped, '#S0000120260101017A3F0#20270831#']) {
    await scan(till, text)
    await till.waitForFunction(() => document.querySelector('.result.refused'))
    assert.equal(texts.at(-1), text)
    await scannerEnds(till, text)
    await till.keyboard.press('Enter')
    await till.locator('.result').waitFor({ state: 'detached' })
  }
  await till.context().close()
})
