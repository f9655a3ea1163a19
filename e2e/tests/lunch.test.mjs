// From a school's own list to the first lunch in the ledger, as people do it: in the browser, one step after the other.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch, open } from '../lib/browser.mjs'
import { gbk, readQr, scan, scannerEnds } from '../lib/hands.mjs'
import { start } from '../lib/server.mjs'

const CLASS = '七年级21班'
const LIST = [
  '姓名,学号,班级,性别',
  `欧阳小禾,20269901,${CLASS},女`,
  `钟一鸣,20269902,${CLASS},男`,
  `赖思远,20269903,${CLASS},男`,
].join('\r\n')
let browser
let server
let office
let code

before(async () => {
  server = await start()
  browser = await launch()
  office = await open(browser, { base: server.base, user: 'admin' })
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

function rmb(fen) {
  return `¥${Math.trunc(fen / 100)}.${String(fen % 100).padStart(2, '0')}`
}

async function upload() {
  await office.goto('/admin/import')
  const file = { name: '新生.csv', mimeType: 'text/csv', buffer: gbk(LIST) }
  await office.locator('input[type=file]').first().setInputFiles(file)
  await office.waitForURL(/\/import\/[0-9a-f-]{36}/)
}

/** Presses what the question offers. */
async function agree() {
  await office.getByRole('dialog').locator('button[type=submit]').click()
}

test('a list in GBK is shown, then applied', async () => {
  await upload()
  await office.getByRole('button', { name: /确认并执行/ }).click()
  await agree()
  await office.locator('.done').waitFor({ timeout: 20_000 })
  assert.match(await office.locator('.done').innerText(), /3/)
})

test('the same list again changes nothing', async () => {
  await upload()
  await office.getByText('没有要做的改动').waitFor()
  assert.equal(await office.getByRole('button', { name: /确认并执行/ }).count(), 0)
})

test('codes are issued to the class, printed, and read from the paper', async () => {
  await office.goto('/admin/codes')
  await office.getByRole('button', { name: '发码', exact: true }).click()
  const dialog = office.getByRole('dialog', { name: '发放个人码' })
  await dialog.getByText('一个班级').click()
  await dialog.getByRole('combobox').first().fill(CLASS)
  await office.getByRole('option', { name: CLASS }).click()
  await dialog.getByRole('button', { name: '发 3 张码' }).click()
  await dialog.getByText('已发 3 张码').waitFor()
  await dialog.getByRole('button', { name: '打印这一批' }).click()
  await office.waitForURL(/\/codes\/print/)
  await office.getByRole('button', { name: '显示要打印的码' }).click()
  const card = office.locator('.id-card', { hasText: '欧阳小禾' })
  await card.waitFor()
  assert.equal(await office.locator('.id-card').count(), 3)
  const qr = card.locator('.qr-box')
  // A scanner is held near: the picture is taken as large as a lens sees it.
  await qr.evaluate((box) =>
    Object.assign(box.style, {
      position: 'fixed',
      inset: '0 auto auto 0',
      width: '600px',
      height: '600px',
      zIndex: 99,
      background: '#fff',
    }),
  )
  code = readQr(await qr.screenshot())
  assert.match(code ?? '', /^97\d{198}$/)
})

test('cash goes into the wallet, with a receipt', async () => {
  await office.goto('/admin/cash-desk')
  await office.getByRole('textbox', { name: '姓名或学号／工号' }).fill('20269901')
  await office.keyboard.press('Enter')
  await office.getByRole('heading', { name: '欧阳小禾' }).waitFor()
  await office.getByLabel('充值金额（元）').fill('50')
  await office.getByRole('button', { name: /确认收款 ¥50\.00/ }).click()
  await office.getByText('已充值 ¥50.00').waitFor()
  assert.match(await office.locator('.receipt').first().innerText(), /欧阳小禾[\s\S]*伍拾元整/)
})

test('lunch is sold by two scans, seen live, found with its reasons, and undone', async () => {
  const live = await office.context().newPage()
  await live.goto('/admin/sales')
  const first = live.locator('.number').first()
  await first.waitFor()
  const before = await first.innerText()

  const till = await open(browser, { base: server.base, user: 'cashier1', size: 'terminal' })
  await till.goto('/counter/')
  await till.locator('.till').waitFor()
  const stall = JSON.parse(
    await till.evaluate(async () => {
      const of = async (path) => (await fetch(path)).json()
      const school = (await of('/api/v1/session')).schools[0].id
      const { items } = await of(`/api/v1/schools/${school}/counter/stalls`)
      return JSON.stringify(await of(`/api/v1/schools/${school}/counter/${items[0].id}`))
    }),
  )
  const dish = stall.dishes.find((of) => of.available)
  const price = rmb(dish.price.fen)
  await scan(till, dish.barcode)
  await till.waitForFunction((price) => document.querySelector('.total')?.textContent === price, price)
  await scan(till, code)
  await till.locator('.result.paid').waitFor()
  assert.match(await till.locator('.result').innerText(), /欧阳小禾/)
  await till.locator('.result').waitFor({ state: 'detached', timeout: 6000 })
  await live.waitForFunction((before) => document.querySelector('.number').innerText !== before, before, {
    timeout: 8000,
  })

  // The same again within seconds is asked about; Enter, pressed out of habit, agrees to nothing.
  await scan(till, dish.barcode)
  await scan(till, code)
  await till.locator('.result.asking').waitFor()
  await scannerEnds(till, code)
  await till.keyboard.press('Enter')
  assert.equal(await till.locator('.result.asking').count(), 1)
  await till.keyboard.press('Escape')

  await office.goto('/admin/purchases')
  const row = office.locator('tr', { hasText: '欧阳小禾' })
  await row.first().waitFor()
  assert.ok((await row.first().innerText()).includes(price.slice(1)), 'the list shows what was paid')
  await row.first().getByRole('link').first().click()
  await office.locator('ol.steps li').first().waitFor()
  assert.ok((await office.locator('ol.steps li').count()) >= 3, 'the purchase says which rules were asked')

  await till.keyboard.press('F8')
  await till.locator('.recent li', { hasText: '欧阳小禾' }).first().getByRole('button').click()
  await till.getByRole('button', { name: `撤销 ${price}` }).click()
  await till.locator('.recent li', { hasText: '已撤销' }).first().waitFor()
  // The list of what was refused by the browser or the page stays empty.
  assert.deepEqual(till.errors, [])
  await till.context().close()
})

test('what a scanner reads in part, twice, or from a lost card is never charged', async () => {
  const till = await open(browser, { base: server.base, user: 'cashier1', size: 'terminal' })
  await till.goto('/counter/')
  await till.locator('.till').waitFor()
  await till.keyboard.press('F3')
  for (const key of '8.5') await till.keyboard.press(key, { delay: 90 })
  await till.waitForFunction(() => document.querySelector('.total')?.textContent === '¥8.50')
  await scan(till, code.slice(0, -1) + ((Number(code.at(-1)) + 1) % 10))
  await till.locator('.result.refused').waitFor()
  await scannerEnds(till, code)
  await till.keyboard.press('Enter')
  assert.equal(
    await till.locator('.total').innerText(),
    '¥8.50',
    'the amount stays, and no digit of the code is in it',
  )
  // While the refusal stands, no other key does anything.
  await till.locator('.result').waitFor({ state: 'detached' })
  await till.keyboard.press('F4')
  await till.getByRole('searchbox').fill('钟一')
  await scan(till, '2900000000000')
  assert.equal(await till.locator('.result').count(), 0)
  await till.getByText('没有这个条码的菜品').waitFor()
  await till.context().close()
})

test('the days are closed by finance, and the ledger proves itself', async () => {
  const finance = await open(browser, { base: server.base, user: 'finance' })
  await finance.goto('/admin/ledger')
  await finance
    .getByRole('button', { name: /依次日结全部|^日结$/ })
    .last()
    .click()
  await finance.getByRole('dialog').locator('button[type=submit]').click()
  await finance.locator('table.sheet tbody tr').first().waitFor({ timeout: 20_000 })
  await finance.goto('/admin/ledger/verify')
  await finance.getByRole('button', { name: '开始核对' }).click()
  await finance.getByText('账本完好，没有发现问题').waitFor({ timeout: 30_000 })
  await finance.context().close()
})
