// A counter as it stands in a canteen: the real server, the real agent, both of its screens in a browser, and a scanner
// that types. The server is stopped and started, the agent loses its power, and nobody pays twice.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { books as booksOf } from '../lib/books.mjs'
import { launch } from '../lib/browser.mjs'
import {
  STILL_THERE_MS,
  clear,
  keyed,
  next,
  press,
  price,
  result,
  said,
  scan,
  sell,
  status,
  steps,
  sum,
  until,
} from '../lib/kioskHands.mjs'
import { screen } from '../lib/kioskScreens.mjs'
import { start } from '../lib/server.mjs'
import { terminal } from '../lib/terminal.mjs'
import { holders } from '../lib/till.mjs'

/** After so long the server counts as silent; the rest is the screen's and this slow machine's. */
const BUDGET_MS = 800
const WAIT_MS = 20_000
const SCREEN_MS = 1_700

let browser
let server
let books
let till
let office
let operator
let customer
let people

before(async () => {
  ;[server, browser] = await Promise.all([start(), launch()])
  books = await booksOf(browser, server.base)
  await books.policy((policy) => (policy.duplicate_window_s = 120))
  people = await holders(browser, server.base, 8)
  till = await terminal(server)
  office = (await books.terminals()).find((of) => of.name === '套餐 1 号机')
})
after(async () => {
  await browser?.close()
  await Promise.allSettled([till?.stop(), server?.stop()])
})

const step = steps(test, () => [operator, customer])
/** No error of a page; that a program which was killed doesn't answer is none. */
const quiet = () =>
  assert.deepEqual(
    [...operator.errors, ...customer.errors].filter((error) => !error.includes('net::ERR_')),
    [],
  )

step('a wrong enrolment code is refused with a reason; the right one opens the counter', async () => {
  operator = await screen(browser, till, 'operator')
  customer = await screen(browser, till, 'customer')
  for (const page of [operator, customer]) page.setDefaultTimeout(WAIT_MS)
  await said(operator, '登记这台消费机')
  await said(customer, '暂停服务，请到旁边档口')
  const { code } = await books.enrolmentCode(office.id)
  const wrong = code.replace(/^./, (sign) => (sign === '7' ? '8' : '7'))
  await press(operator, wrong.replaceAll('-', ''))
  await press(operator, ['Enter'])
  await operator.getByText(/码(无效|不对).*已过期/).waitFor()
  await press(operator, Array(9).fill('Backspace'))
  await press(operator, code.replaceAll('-', ''))
  await press(operator, ['Enter'])
  await operator.locator('.dishes').waitFor()
  await said(customer, '欢迎用餐')
  await status(operator, '在线')
  assert.equal((await books.terminal(office.id)).terminal.standing, 'online')
})

step('a sale with the network: green on both screens, and the books have it', async () => {
  const [child] = people
  const dish = (await books.dishes()).find((of) => of.barcode && of.price.fen < 2000)
  await scan(operator, dish.barcode)
  const yuan = (dish.price.fen / 100).toFixed(2)
  for (const page of [operator, customer]) await sum(page, `¥${yuan}`)
  await press(operator, ['Enter'])
  await said(operator, '请顾客出示二维码或刷卡')
  await said(customer, '请出示二维码或刷卡')
  await scan(operator, child.code)
  const left = (30 - dish.price.fen / 100).toFixed(2)
  assert.match(
    await result(operator, 'paid'),
    new RegExp(`${child.name}[\\s\\S]*收款成功[\\s\\S]*¥${yuan}[\\s\\S]*余额 ¥${left}`),
  )
  await customer.locator('.customer.paid').waitFor()
  const seen = await customer.locator('.customer').innerText()
  assert.match(seen, new RegExp(`支付成功[\\s\\S]*¥${yuan}`))
  assert.ok(!seen.includes(child.name), 'the customer’s side knows a mask and no more')
  assert.deepEqual(await books.eaten(child), [dish.price.fen])
  assert.deepEqual(await books.money(child), [3000 - dish.price.fen, 0])
  await next(operator)
  await said(customer, '欢迎用餐')
  await status(operator, '未传 0')
  quiet()
})

step('pressed twice and scanned twice is one sale', async () => {
  const [, child] = people
  await keyed(operator)
  await price(operator, '6.50')
  await operator.getByRole('button', { name: /收款/ }).dblclick()
  await said(operator, '请顾客出示二维码或刷卡')
  await scan(operator, child.code)
  await scan(operator, child.code)
  await result(operator, 'paid')
  await scan(operator, child.code)
  await operator.getByRole('button', { name: /下一位/ }).dblclick()
  await operator.locator('.result').waitFor({ state: 'detached' })
  assert.deepEqual(await books.eaten(child), [650])
  // The same again, soon: the cashier is asked, and no is no.
  await operator.waitForTimeout(STILL_THERE_MS)
  await price(operator, '6.50')
  await scan(operator, child.code)
  await operator.locator('main.question').waitFor()
  assert.match(await operator.locator('main.question').innerText(), /刚付过同样的金额。是第二份吗/)
  await operator.getByRole('button', { name: /^取消/ }).click()
  await sum(operator, '¥6.50')
  await clear(operator)
  await status(operator, '未传 0')
  assert.deepEqual(await books.eaten(child), [650])
})

step('a server that hangs is not waited for: green within the budget, and it is booked once', async () => {
  const [, , child] = people
  await price(operator, '8.00')
  server.hold()
  const begun = performance.now()
  await scan(operator, child.code)
  assert.match(await result(operator, 'paid'), /收款成功（离线）[\s\S]*¥8.00[\s\S]*离线收款，联网后自动上传/)
  const ms = Math.round(performance.now() - begun)
  console.log(`a server that hangs: ${ms} ms from the scan to green`)
  assert.ok(ms < BUDGET_MS + SCREEN_MS, `${ms} ms`)
  await said(customer, '离线收款，稍后到账')
  await status(operator, '离线')
  server.letGo()
  await status(operator, '在线')
  await status(operator, '未传 0')
  await until('once in the books', () => books.eaten(child), [800])
  assert.deepEqual(await books.money(child), [2200, 0])
})

step('the server stops: the next sale is offline by itself, and a reload loses nothing', async () => {
  const [, , , child] = people
  await server.kill()
  await status(operator, '离线')
  await price(operator, '9.00')
  await Promise.all([operator.reload(), customer.reload()])
  for (const page of [operator, customer]) await sum(page, '¥9.00')
  await press(operator, ['Enter'])
  await said(operator, '请顾客出示二维码或刷卡')
  await operator.reload()
  await said(operator, '请顾客出示二维码或刷卡')
  const begun = performance.now()
  await scan(operator, child.code)
  await result(operator, 'paid')
  console.log(`a server that is gone: ${Math.round(performance.now() - begun)} ms from the scan to green`)
  await operator.reload()
  assert.match(await result(operator, 'paid'), /收款成功（离线）/)
  await status(operator, '未传 1')
  await said(customer, '离线收款，稍后到账')
})

step('the agent loses its power: it is the same counter again, and what was paid stays paid', async () => {
  const [, , , child, other] = people
  await till.kill()
  await operator.getByRole('alert').filter({ hasText: '收银程序没有响应' }).waitFor()
  await said(customer, '请稍候')
  await till.start()
  await operator.locator('.lost').waitFor({ state: 'detached', timeout: 15_000 })
  await status(operator, '未传 1')
  await press(operator, ['F4'])
  const row = operator.getByRole('dialog').locator('.recent li').first()
  assert.match(await row.innerText(), /离线收款[\s\S]*¥9.00/)
  await press(operator, ['Escape'])
  await keyed(operator)
  const words = await sell(operator, '3.00', other.code)
  assert.match(words, /离线/)
  await status(operator, '未传 2')
  // It starts again in front of the same server: each purchase is in the books, once.
  await server.again()
  await status(operator, '在线')
  await status(operator, '未传 0')
  await until('once', () => books.eaten(child), [900])
  await until('once', () => books.eaten(other), [300])
  assert.deepEqual(
    [await books.money(child), await books.money(other)],
    [
      [2100, 0],
      [2700, 0],
    ],
  )
})

step('the power goes while the server is being asked: nobody saw green, so nobody pays', async () => {
  const [, , , , , child] = people
  await price(operator, '5.00')
  server.hold()
  await scan(operator, child.code)
  await operator.locator('.deciding').waitFor()
  await till.kill()
  server.letGo()
  await till.start()
  await operator.locator('.lost').waitFor({ state: 'detached', timeout: 15_000 })
  await status(operator, '未传 0')
  await until('given up', () => books.eaten(child), [])
  assert.deepEqual(await books.money(child), [3000, 0])
  assert.equal(await operator.locator('.result').count(), 0)
})

step('in English, and on one screen for both sides, it is the same counter', async () => {
  const [, , , , , , child, other] = people
  await keyed(operator)
  await press(operator, ['F10'])
  await operator.getByRole('dialog').getByRole('button', { name: 'English' }).click()
  await press(operator, ['Escape'])
  await price(operator, '4.20')
  await press(operator, ['Enter'])
  await said(operator, 'Show a code or tap a card')
  await said(customer, 'Show your code or tap your card')
  await scan(operator, child.code)
  assert.match(await result(operator, 'paid'), /Paid[\s\S]*¥4.20[\s\S]*Balance ¥25.80/)
  await said(customer, 'Paid')
  await server.kill()
  await next(operator)
  await status(operator, 'Offline')
  assert.match(await sell(operator, '5.20', other.code), /Paid \(offline\)[\s\S]*Offline; sent later by itself/)
  await said(customer, 'Offline, booked a bit later')
  await status(operator, 'Unsent 1')
  await next(operator)
  // The machine with one screen: turned to the customer while there is something for them to do.
  const one = await screen(browser, till, 'operator', '&one=1')
  one.setDefaultTimeout(WAIT_MS)
  await price(one, '6.10')
  await press(one, ['Enter'])
  await said(one, 'Show your code or tap your card')
  await scan(one, child.code)
  await one.locator('.customer.paid').waitFor()
  assert.ok(!(await one.locator('.customer').innerText()).includes(child.name))
  await status(one, 'Unsent 2')
  await one.context().close()
  await server.again()
  await status(operator, 'Unsent 0')
  await until('once each', () => Promise.all([child, other].map(books.eaten)), [[610, 420], [520]])
  await press(operator, ['F10'])
  await operator.getByRole('dialog').getByRole('button', { name: '中文' }).click()
  quiet()
})
