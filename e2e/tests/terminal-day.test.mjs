// The rest of a day at a counter with the real agent: a shift, undoing, a balance, a lost card, two tills without a
// network and one child, and journals that somebody altered.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { books as booksOf } from '../lib/books.mjs'
import { launch, open } from '../lib/browser.mjs'
import { readQr } from '../lib/hands.mjs'
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
  until,
} from '../lib/kioskHands.mjs'
import { screen } from '../lib/kioskScreens.mjs'
import { start } from '../lib/server.mjs'
import { terminal } from '../lib/terminal.mjs'
import { holders } from '../lib/till.mjs'

const WAIT_MS = 20_000

let browser
let server
let books
let people
/** Two counters: the till, its row at the office, and its screens. */
const counters = []

before(async () => {
  ;[server, browser] = await Promise.all([start(), launch()])
  books = await booksOf(browser, server.base)
  await books.policy((policy) => (policy.duplicate_window_s = 0))
  people = await holders(browser, server.base, 8)
  for (const office of (await books.terminals()).toReversed()) await enter(office)
})
after(async () => {
  await browser?.close()
  await Promise.allSettled([...counters.map((of) => of.till.stop()), server?.stop()])
})

/** Enrolled from a shell before it starts, as somebody who puts up many of them does. */
async function enter(office) {
  const till = await terminal(server)
  const of = { office, till }
  counters.push(of)
  const { text } = await books.enrolmentCode(office.id)
  await till.stop({ keep: true })
  const enrolled = await till.shell(['enrol', text])
  assert.equal(enrolled.code, 0, `${text}: ${enrolled.said}`)
  await till.start()
  for (const side of ['operator', 'customer']) {
    of[side] = await screen(browser, till, side)
    of[side].setDefaultTimeout(WAIT_MS)
  }
  await keyed(of.operator)
  await status(of.operator, '在线')
}

const one = () => counters.find((of) => of.office.name.startsWith('套餐'))
const two = () => counters.find((of) => of.office.name.startsWith('面食'))

const step = steps(test, () => counters.flatMap((of) => [of.operator, of.customer]))

step('a shift is opened, sold in, and closed with the difference of its cash', async () => {
  const { operator } = one()
  await press(operator, ['F7'])
  const dialog = operator.getByRole('dialog')
  const keys = async (text) => {
    for (const key of text)
      await dialog.getByRole('button', { name: key === '.' ? '小数点' : key, exact: true }).click()
  }
  await dialog.getByRole('button').filter({ hasText: '王阿姨' }).click()
  await keys('200')
  await dialog.getByRole('button', { name: '开班', exact: true }).click()
  await operator.locator('.status').getByText('王阿姨').waitFor()
  await sell(operator, '4.00', people[0].code)
  await next(operator)
  await press(operator, ['F7'])
  assert.match(await dialog.innerText(), /笔数\s*1[\s\S]*¥4.00/)
  await keys('195.50')
  await dialog.getByRole('button', { name: '交班', exact: true }).click()
  await operator.getByText('已交班，现金差额 -4.50').waitFor()
  await operator.locator('.status').getByText('未开班').waitFor()
  await until(
    'the office has the shift',
    async () => {
      const { records } = await books.admin.good('get', `${books.school}/terminals/${one().office.id}/history`)
      return records
        .map((of) => of.kind)
        .filter((kind) => kind.startsWith('shift'))
        .sort()
    },
    ['shift_closed', 'shift_opened'],
  )
})

step('a sale is undone with the network and without it, and the money is back once', async () => {
  const { operator, customer } = one()
  const [, child] = people
  const undo = async () => {
    await press(operator, ['F4'])
    const dialog = operator.getByRole('dialog', { name: '记录' })
    await dialog.getByRole('button', { name: '撤销', exact: true }).first().click()
    await dialog.getByRole('button', { name: '撤销，退回全款' }).dblclick()
    await result(operator, 'undone')
    await said(customer, '已撤销，款已退回')
    await next(operator)
  }
  await sell(operator, '5.00', child.code)
  await next(operator)
  assert.deepEqual(await books.money(child), [2500, 0])
  await undo()
  await until('back in the wallet', () => books.money(child), [3000, 0])
  await server.kill()
  await status(operator, '离线')
  await sell(operator, '6.00', child.code)
  await next(operator)
  await undo()
  await server.again()
  await status(operator, '未传 0')
  await until('nothing is left of both', () => books.eaten(child), [])
  assert.deepEqual(await books.money(child), [3000, 0])
})

step('a balance is shown to its owner and charged to nobody', async () => {
  const { operator, customer } = one()
  const [, , child] = people
  await press(operator, ['F6'])
  await said(operator, '查余额：请扫码或刷卡')
  await scan(customer, child.code)
  assert.match(await result(operator, 'balance'), /¥30.00/)
  await said(customer, '¥30.00')
  assert.ok(!(await customer.locator('.customer').innerText()).includes(child.name))
  await next(operator)
  assert.deepEqual(await books.money(child), [3000, 0])
})

step(
  'a card that was reported lost is refused within two seconds, also by what the counter knows itself',
  async () => {
    const { operator, customer } = one()
    const [, , child] = people
    await price(operator, '3.50')
    await books.reportLost(child)
    const reported = performance.now()
    await scan(operator, child.code)
    assert.match(await result(operator, 'refused'), /挂失[\s\S]*没有扣款/)
    const ms = Math.round(performance.now() - reported)
    console.log(`a lost card: refused ${ms} ms after it was reported`)
    assert.ok(ms <= 2000, `${ms} ms`)
    const seen = await customer.locator('.customer').innerText()
    assert.match(seen, /没有扣款/)
    assert.doesNotMatch(seen, /挂失/, 'the queue does not read why')
    await next(operator)
    // The doorbell has rung meanwhile: without the server it is refused as well.
    await operator.waitForTimeout(Math.max(0, 2000 - (performance.now() - reported)))
    await server.kill()
    await status(operator, '离线')
    await clear(operator)
    assert.match(await sell(operator, '3.50', child.code, 'refused'), /挂失/)
    await next(operator)
    await clear(operator)
    await server.again()
    await status(operator, '在线')
    assert.deepEqual(await books.money(child), [3000, 0])
  },
)

step(
  'two tills without a network and one child: each stays within its bounds, and the office sees what is short',
  async () => {
    const [, , , child] = people
    const both = [one().operator, two().operator]
    await server.kill()
    for (const operator of both) {
      await status(operator, '离线')
      await sell(operator, '20.00', child.code)
      await next(operator)
    }
    await both[1].waitForTimeout(STILL_THERE_MS)
    for (const operator of both) {
      // ¥10 are left, in the wallet as this till knows it and of what a person may at one till without a network. So
      // nobody is asked whether to collect the rest later.
      assert.match(await sell(operator, '12.00', child.code, 'refused'), /余额不足，差 ¥2.00[\s\S]*没有扣款/)
      await next(operator)
      await clear(operator)
    }
    await server.again()
    for (const operator of both) {
      await status(operator, '在线')
      await status(operator, '未传 0')
    }
    await until('what was eaten is booked', () => books.eaten(child), [2000, 2000])
    assert.deepEqual(await books.money(child), [0, 1000])
    const found = (await books.findings()).filter((of) => of.person?.id === child.id)
    assert.deepEqual(
      found.map((of) => [of.kind, of.amount.fen]),
      [['short', 1000]],
    )
  },
)

/** A phone of this teacher, and how to read what it shows. */
async function phoneOf(teacher) {
  const { ticket } = await books.admin.good('post', `${books.school}/people/${teacher}/phone-tickets`, {})
  const phone = await open(browser, { base: server.base, size: 'phone' })
  await phone.goto(`/code/#${ticket}`)
  await phone.getByRole('button', { name: '绑定' }).click()
  const shown = async () => {
    await phone.locator('.sheet svg').waitFor()
    return readQr(await phone.locator('.sheet').screenshot())
  }
  return { phone, shown, first: await shown() }
}

step('a phone’s code pays once, also when neither side has a network; twice at two tills is seen', async () => {
  const [{ id: teacher }] = (await books.admin.good('get', `${books.school}/people?kind=staff`)).items
  const { phone, shown, first } = await phoneOf(teacher)
  const [operator, other] = [one().operator, two().operator]
  await sell(operator, '3.30', first)
  await next(operator)
  await operator.waitForTimeout(STILL_THERE_MS)
  assert.match(await sell(operator, '3.40', first, 'refused'), /此码已用过，请刷新/)
  await next(operator)
  await clear(operator)
  await phone.context().setOffline(true)
  await server.kill()
  await Promise.all([operator, other].map((page) => status(page, '离线')))
  let second = first
  while (second === first) second = (await shown()) ?? first
  assert.match(await sell(operator, '3.50', second), /离线/)
  await next(operator)
  await operator.waitForTimeout(STILL_THERE_MS)
  await sell(operator, '3.60', second, 'refused')
  await next(operator)
  await clear(operator)
  // The other till can't know of it; the office does, when both are heard.
  await sell(other, '3.70', second)
  await next(other)
  await phone.context().close()
  await server.again()
  await Promise.all([operator, other].map((page) => status(page, '未传 0')))
  const found = async () => (await books.findings()).filter((of) => of.person?.id === teacher).map((of) => of.kind)
  await until('a finding', found, ['replay'])
  assert.deepEqual((await books.eaten({ id: teacher })).slice(0, 3).toSorted(), [330, 350, 370])
})

step('tills that hear each other over the canteen’s own network refuse the second use', async () => {
  const [, { id: teacher }] = (await books.admin.good('get', `${books.school}/people?kind=staff`)).items
  const { phone, first } = await phoneOf(teacher)
  const [operator, other] = [one().operator, two().operator]
  // A group of this machine alone: on the loopback interface, on a port that nobody else had a moment ago.
  const relay = ['--relay', `239.77.0.1:${new URL(server.base).port}`, '--relay-interface', '127.0.0.1']
  for (const { till } of [one(), two()]) {
    await till.kill()
    await till.start(relay)
  }
  for (const page of [operator, other]) {
    await page.locator('.lost').waitFor({ state: 'detached' })
    await status(page, '邻机 1')
    await status(page, '未传 0')
  }
  await server.kill()
  await Promise.all([operator, other].map((page) => status(page, '离线')))
  await keyed(operator)
  await keyed(other)
  assert.match(await sell(operator, '4.10', first), /离线/)
  await next(operator)
  assert.match(await sell(other, '4.20', first, 'refused'), new RegExp(`此码已在「${one().office.name}」使用`))
  await next(other)
  await clear(other)
  await phone.context().close()
  await server.again()
  await Promise.all([operator, other].map((page) => status(page, '未传 0')))
  await until('once', () => books.eaten({ id: teacher }), [410])
  for (const { till } of [one(), two()]) {
    await till.kill()
    await till.start()
  }
  for (const page of [operator, other]) await page.locator('.lost').waitFor({ state: 'detached' })
})

step('a journal that was copied, edited or cut books nothing twice, and says why', async () => {
  const { operator, till, office } = one()
  const [, , , , child, other] = people
  await server.kill()
  await status(operator, '离线')
  await sell(operator, '2.00', child.code)
  await next(operator)
  await sell(operator, '3.00', other.code)
  await next(operator)
  await till.stop({ keep: true })
  const stick = mkdtempSync(join(tmpdir(), 'yitong-stick-'))
  const file = join(stick, 'journal.txt')
  assert.equal((await till.shell(['export-journal', file])).code, 0)
  const whole = readFileSync(file, 'utf8')
  const lines = whole.trimEnd().split('\n')
  const good = await till.shell(['verify-journal', file])
  assert.equal(good.code, 0, good.said)
  const altered = [
    ['edited', whole.replace(/"amount":300(?![\s\S]*"amount":300)/, '"amount":30'), 'Signature'],
    ['cut', `${lines.filter((_, at) => at !== lines.length - 2).join('\n')}\n`, 'Gap'],
    ['torn', whole.slice(0, -40), 'Signature'],
  ]
  await server.again()
  const before = await Promise.all([child, other].map(books.money))
  for (const [how, text, why] of altered) {
    assert.notEqual(text, whole, how)
    writeFileSync(file, text)
    const { code, said: reason } = await till.shell(['verify-journal', file])
    assert.deepEqual([code, reason.match(/problem: (\w+)/)?.[1]], [1, why], `${how}: ${reason}`)
    const { body } = await books.loadJournal(office.id, text)
    assert.equal(body.problem, why.toLowerCase(), `${how}: ${JSON.stringify(body)}`)
  }
  const elsewhere = await books.loadJournal(two().office.id, whole)
  assert.deepEqual([elsewhere.status, elsewhere.body.code], [422, 'other_terminal'])
  assert.deepEqual(await Promise.all([child, other].map(books.money)), before, 'looking books nothing')
  // The edited one is applied as far as it can be believed, the true one twice; then the machine sends its own.
  for (const text of [altered[0][1], whole, whole])
    assert.equal((await books.loadJournal(office.id, text, true)).status, 200)
  await till.start()
  await operator.locator('.lost').waitFor({ state: 'detached' })
  await status(operator, '未传 0')
  await until('each once', () => Promise.all([child, other].map(books.eaten)), [[200], [300]])
  assert.deepEqual(await Promise.all([child, other].map(books.money)), [
    [2800, 0],
    [2700, 0],
  ])
  rmSync(stick, { recursive: true })
})

step('after all of it the books are whole', async () => {
  const { ok, findings } = await books.verify()
  assert.deepEqual([ok, findings], [true, []])
})
