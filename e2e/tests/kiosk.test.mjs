// The two screens of a terminal, driven by a pretend agent: what they show, what they send, and what a reload changes.
import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, test } from 'node:test'
import { launch } from '../lib/browser.mjs'
import { typeAt } from '../lib/hands.mjs'
import { pretend } from '../lib/kioskAgent.mjs'
import { faults, screen } from '../lib/kioskScreens.mjs'
import { DISHES, IDLE, STATES } from '../lib/kioskViews.mjs'

/** As `rest.ts` has it. */
const REST_MS = 30_000
const CODE = `97${'0123456789'.repeat(12)}`
let browser
let agent

before(async () => (browser = await launch()))
after(() => browser?.close())
beforeEach(async () => (agent = await pretend()))
afterEach(() => agent.stop())

const close = (...pages) => Promise.all(pages.map((page) => page.context().close()))
const said = (page, text) => page.getByText(text, { exact: true }).first().waitFor()
const sum = (page, text) =>
  page.waitForFunction((text) => document.querySelector('.sum')?.innerText.trim().endsWith(text), text)
const quiet = (...pages) =>
  assert.deepEqual(
    pages.flatMap((page) => page.errors),
    [],
  )
const arrived = async (type, many) => {
  for (let n = 0; n < 100 && agent.acts(type).length < many; n += 1)
    await new Promise((done) => setTimeout(done, 20))
  return agent.acts(type)
}

test('from idle over the price and the code to green, on both screens', async () => {
  const operator = await screen(browser, agent, 'operator')
  const customer = await screen(browser, agent, 'customer')
  await said(customer, '欢迎用餐')
  await operator
    .locator('.dishes')
    .getByRole('button', { name: /红烧肉/ })
    .click()
  await operator.locator('.dishes').getByRole('button', { name: /米饭/ }).click()
  await operator.locator('.dishes').getByRole('button', { name: /米饭/ }).click()
  for (const page of [operator, customer]) await sum(page, '¥10.50')
  await operator.getByRole('button', { name: /收款/ }).click()
  await said(operator, '请顾客出示二维码或刷卡')
  await said(customer, '请出示二维码或刷卡')
  await typeAt(operator, CODE, 4)
  await operator.locator('.result.paid').waitFor()
  await customer.locator('.customer.paid').waitFor()
  assert.match(
    await operator.locator('.result').innerText(),
    /阿卜杜热合曼·买买提依明江[\s\S]*过敏[\s\S]*收款成功[\s\S]*¥10.50[\s\S]*余额 ¥35.80/,
  )
  const seen = await customer.locator('.customer').innerText()
  assert.match(seen, /支付成功[\s\S]*¥10.50[\s\S]*余额 ¥35.80/)
  assert.doesNotMatch(seen, /买买提|高一|过敏|2026/, 'the customer’s side knows a mask and no more')
  await operator.getByRole('button', { name: /下一位/ }).click()
  await said(customer, '欢迎用餐')
  assert.deepEqual(agent.counter.sold, [1050])
  quiet(operator, customer)
  await close(operator, customer)
})

test('the keys of a keypad enter an amount, and arrive in their order', async () => {
  agent.show({ mode: 'amount' })
  const operator = await screen(browser, agent, 'operator')
  const press = async (key) => {
    await operator.keyboard.press(key)
    // As fast as a hand, which is slower than any scanner.
    await operator.waitForTimeout(90)
  }
  for (const key of '12x.50') await press(key)
  await sum(operator, '¥12.50')
  for (const key of ['Backspace', 'NumpadDecimal', 'Enter']) await press(key)
  await said(operator, '请顾客出示二维码或刷卡')
  const keys = (await arrived('key', 7)).map((of) => of.act.key)
  assert.deepEqual(keys, ['1', '2', '.', '5', '0', 'back', '.', 'enter'])
  await close(operator)
})

test('a double press is one act, and a question can’t be answered before it was seen', async () => {
  agent.counter.next = 'duplicate'
  const operator = await screen(browser, agent, 'operator')
  await operator
    .locator('.dishes')
    .getByRole('button', { name: /红烧肉/ })
    .click()
  await operator.getByRole('button', { name: /收款/ }).dblclick()
  await said(operator, '请顾客出示二维码或刷卡')
  const pays = agent.acts('pay')
  assert.equal(new Set(pays.map((of) => of.id)).size, 1)
  await typeAt(operator, CODE, 4)
  await operator.locator('main.question').waitFor()
  // Pressed in haste: what was meant for the screen before must not say yes.
  await operator.keyboard.press('+')
  await operator.keyboard.press('Enter')
  await operator.keyboard.press('1')
  assert.deepEqual(agent.acts('answer'), [])
  await operator.waitForTimeout(600)
  const yes = operator.getByRole('button', { name: /第二份/ })
  await yes.dblclick()
  await operator.locator('.result.paid').waitFor()
  assert.equal(new Set(agent.acts('answer').map((of) => of.id)).size, 1)
  assert.deepEqual(agent.counter.sold, [850])
  await close(operator)
})

test('plus and minus answer a question; the safe one stands out', async () => {
  agent.counter.next = 'duplicate'
  const operator = await screen(browser, agent, 'operator')
  await operator
    .locator('.dishes')
    .getByRole('button', { name: /红烧肉/ })
    .click()
  await sum(operator, '¥8.50')
  await typeAt(operator, CODE, 4)
  await operator.locator('main.question').waitFor()
  assert.match(await operator.locator('.choices .main').innerText(), /不是/)
  await operator.waitForTimeout(600)
  await operator.keyboard.press('-')
  await sum(operator, '¥8.50')
  assert.deepEqual(
    agent.acts('answer').map((of) => of.act.choice),
    ['no'],
  )
  assert.deepEqual(agent.counter.sold, [])
  await close(operator)
})

test('a reload in the middle of a sale shows the same counter', async () => {
  const operator = await screen(browser, agent, 'operator')
  const customer = await screen(browser, agent, 'customer')
  await operator
    .locator('.dishes')
    .getByRole('button', { name: /宫保鸡丁/ })
    .click()
  await sum(operator, '¥7.80')
  await Promise.all([operator.reload(), customer.reload()])
  for (const page of [operator, customer]) await sum(page, '¥7.80')
  await operator.getByRole('button', { name: /收款/ }).click()
  await said(operator, '请顾客出示二维码或刷卡')
  await operator.reload()
  await said(operator, '请顾客出示二维码或刷卡')
  agent.counter.next = 'duplicate'
  await typeAt(operator, CODE, 4)
  await operator.locator('main.question').waitFor()
  await operator.reload()
  await operator.locator('main.question').waitFor()
  await operator.waitForTimeout(600)
  await operator.getByRole('button', { name: /第二份/ }).click()
  await operator.locator('.result.paid').waitFor()
  await operator.reload()
  await operator.locator('.result.paid').waitFor()
  assert.deepEqual(agent.counter.sold, [780])
  await close(operator, customer)
})

for (const gap of [0, 5, 20]) {
  test(`a scanner that types with ${gap} ms between its signs is heard whole, wherever the focus is`, async () => {
    const operator = await screen(browser, agent, 'operator')
    await typeAt(operator, DISHES[0].barcode, gap)
    await sum(operator, '¥8.50')
    await operator.getByRole('button', { name: '素菜' }).focus()
    await typeAt(operator, CODE, gap)
    await operator.locator('.result.paid').waitFor()
    assert.deepEqual(
      agent.acts('scan').map((of) => of.act.text),
      [DISHES[0].barcode, CODE],
    )
    assert.deepEqual(agent.acts('key'), [], 'no sign of a code reaches the keypad')
    await close(operator)
  })
}

test('an input method that swallows a scan is named', async () => {
  const operator = await screen(browser, agent, 'operator')
  await operator.evaluate(() => {
    for (let n = 0; n < 8; n += 1)
      window.dispatchEvent(new KeyboardEvent('keydown', { key: 'Process', keyCode: 229 }))
  })
  await operator.getByText(/中文输入法开着/).waitFor()
  await operator.getByRole('button', { name: '知道了' }).click()
  assert.equal(await operator.getByText(/中文输入法开着/).count(), 0)
  await close(operator)
})

test('offline is always in sight, sells on, and does not alarm the customer', async () => {
  const operator = await screen(browser, agent, 'operator')
  const customer = await screen(browser, agent, 'customer')
  agent.show(STATES['idle-offline'])
  await operator.locator('.status .red', { hasText: '37' }).waitFor()
  assert.match(await operator.locator('.status').innerText(), /离线/)
  await said(customer, '离线')
  await operator
    .locator('.dishes')
    .getByRole('button', { name: /红烧肉/ })
    .click()
  await sum(operator, '¥8.50')
  await typeAt(operator, CODE, 4)
  await operator.locator('.result.paid').waitFor()
  assert.match(await operator.locator('.result').innerText(), /离线收款，联网后自动上传/)
  await operator.locator('.status .red', { hasText: '38' }).waitFor()
  await said(customer, '离线收款，稍后到账')
  await close(operator, customer)
})

test('without its agent the keys are locked and the screen says so; it comes back by itself', async () => {
  const operator = await screen(browser, agent, 'operator')
  const customer = await screen(browser, agent, 'customer')
  await operator
    .locator('.dishes')
    .getByRole('button', { name: /红烧肉/ })
    .click()
  await sum(operator, '¥8.50')
  agent.vanish()
  await operator.getByRole('alert').filter({ hasText: '收银程序没有响应' }).waitFor()
  await said(customer, '请稍候')
  const before = agent.posted.length
  await operator.keyboard.press('7')
  await typeAt(operator, CODE, 4)
  agent.comeBack()
  await operator.locator('.lost').waitFor({ state: 'detached', timeout: 10_000 })
  await sum(operator, '¥8.50')
  await sum(customer, '¥8.50')
  assert.equal(agent.posted.length, before, 'nothing that was pressed meanwhile is sent later')
  await close(operator, customer)
})

test('a sale is undone only after it was asked', async () => {
  agent.show({
    recent: IDLE.recent.map((of) => ({ ...of, undoable_until: of.undoable_until && Date.now() + 60_000 })),
  })
  const operator = await screen(browser, agent, 'operator')
  await operator.keyboard.press('F4')
  const dialog = operator.getByRole('dialog', { name: '记录' })
  await dialog.getByRole('button', { name: '撤销' }).first().waitFor()
  assert.equal(await dialog.getByRole('button', { name: '撤销' }).count(), 2)
  await dialog.getByRole('button', { name: '撤销' }).first().click()
  await said(operator, '撤销这一笔？')
  assert.deepEqual(agent.acts('undo'), [])
  await dialog.getByRole('button', { name: '撤销，退回全款' }).click()
  await operator.locator('.result.undone').waitFor()
  assert.deepEqual(
    agent.acts('undo').map((of) => of.act.purchase),
    [IDLE.recent[0].purchase],
  )
  await close(operator)
})

test('a shift is opened with cashier, number and cash, and closed with a count', async () => {
  agent.show({ shift: null, cashier: null })
  const operator = await screen(browser, agent, 'operator')
  await operator.keyboard.press('F7')
  const dialog = operator.getByRole('dialog')
  const press = async (keys) => {
    for (const key of keys)
      await dialog.getByRole('button', { name: key === '.' ? '小数点' : key, exact: true }).click()
  }
  await dialog.getByRole('button', { name: '王秀英' }).click()
  await press('2468')
  assert.doesNotMatch(await dialog.innerText(), /2468/, 'the number is not shown')
  await dialog.getByRole('button', { name: '下一步' }).click()
  await press('200.5')
  await dialog.getByRole('button', { name: '开班' }).click()
  const [opened] = await arrived('shift_open', 1)
  assert.deepEqual(opened.act, { type: 'shift_open', cashier: IDLE.cashiers[0].id, pin: '2468', cash: 20_050 })
  await dialog.waitFor({ state: 'hidden' })
  agent.show({ shift: IDLE.shift, cashier: IDLE.cashier })
  await operator.getByText(IDLE.cashier.name).first().waitFor()
  await operator.keyboard.press('F7')
  await press('1234.56')
  await dialog.getByRole('button', { name: '交班' }).click()
  const [closed] = await arrived('shift_close', 1)
  assert.equal(closed.act.cash_count, 123_456)
  await close(operator)
})

test('the customer asks for a balance and for English, and the cashier’s screen stays Chinese', async () => {
  const operator = await screen(browser, agent, 'operator')
  const customer = await screen(browser, agent, 'customer')
  await customer.getByRole('button', { name: 'English' }).click()
  await said(customer, 'Enjoy your meal')
  await customer.getByRole('button', { name: 'Balance' }).click()
  await said(operator, '查余额：请扫码或刷卡')
  await typeAt(customer, CODE, 4)
  await said(customer, '¥46.30')
  assert.equal(await customer.evaluate(() => document.documentElement.lang), 'en')
  assert.equal(await operator.evaluate(() => document.documentElement.lang), 'zh-CN')
  assert.deepEqual(agent.acts('language'), [])
  await close(operator, customer)
})

test('one screen turns to the customer while there is something to do for them', async () => {
  agent.show({ devices: [] })
  const one = await screen(browser, agent, 'operator', '&one=1')
  await one
    .locator('.dishes')
    .getByRole('button', { name: /红烧肉/ })
    .click()
  await one.getByRole('button', { name: /收款/ }).click()
  await said(one, '请出示二维码或刷卡')
  assert.equal(await one.locator('.status').count(), 1, 'what is not sent stays in sight')
  await typeAt(one, CODE, 4)
  await one.locator('.customer.paid').waitFor()
  assert.doesNotMatch(await one.locator('.customer').innerText(), /买买提|过敏/)
  await one.locator('.dishes').waitFor()
  await close(one)
})

test('one screen that nobody touches shows the notices; a touch only brings the counter back', async () => {
  agent.show({ devices: [] })
  const one = await screen(browser, agent, 'operator', '&one=1')
  await one.locator('.dishes').waitFor()
  await one.clock.install()
  await one.keyboard.press('Shift')
  await one.clock.fastForward(REST_MS + 1_000)
  await one.locator('.customer.idle .board').waitFor()
  assert.equal(await one.locator('.status').count(), 1, 'what is not sent stays in sight')
  assert.deepEqual(await faults(one), [])
  const before = agent.counter.view.total
  // By hand: with half a minute gone at once, the page also takes its agent for lost.
  await one.evaluate(() => window.dispatchEvent(new PointerEvent('pointerdown')))
  await one.locator('.dishes').waitFor()
  assert.equal(agent.counter.view.total, before)
  await close(one)
})

test('practice can’t be mistaken for the real thing', async () => {
  const operator = await screen(browser, agent, 'operator')
  await operator.getByRole('button', { name: '更多' }).click()
  await operator.getByRole('button', { name: '开始练习' }).click()
  await said(operator, '开始练习？')
  assert.deepEqual(agent.acts('training'), [])
  await operator.getByRole('button', { name: '开始练习' }).click()
  await operator.locator('.terminal.practice .practice-word').waitFor()
  await close(operator)
})

test('the first start takes a code by touch and by keyboard, with its check sign last', async () => {
  agent.show(STATES.setup)
  const operator = await screen(browser, agent, 'operator')
  for (const key of 'k7QO') await operator.keyboard.press(key)
  // Keys are held for a moment, because a scanner types, too.
  await operator.getByText('K7Q0-').waitFor()
  for (const sign of ['M', '2', 'X', '9', '~'])
    await operator.getByRole('button', { name: sign, exact: true }).click()
  await operator.getByRole('button', { name: '登记', exact: true }).click()
  await typeAt(operator, 'yitong-terminal:https://yitong.example#K7Q0M2X9~', 4)
  const acts = await arrived('enrol', 2)
  assert.deepEqual(
    acts.map((of) => of.act.text),
    ['K7Q0M2X9~', 'yitong-terminal:https://yitong.example#K7Q0M2X9~'],
  )
  await close(operator)
})
