// A printed code that was copied: the second canteen compares the photo, the office finds out what it was.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch, open } from '../lib/browser.mjs'
import { scan } from '../lib/hands.mjs'
import { start } from '../lib/server.mjs'
import { counter, holders } from '../lib/till.mjs'

let browser
let server
let pupil
let fake
let tills

before(async () => {
  server = await start()
  browser = await launch()
  ;[pupil, fake] = await holders(browser, server.base, 2)
  tills = await twoCanteens()
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

/** Two counters that sell the same way, further apart than a child walks in a minute. */
async function twoCanteens() {
  const first = await counter(browser, server.base, ['dish'])
  const canteenOf = (stall) => stall.stall.canteen.name
  const elsewhere = (stall) => canteenOf(stall) !== canteenOf(first.stall)
  return [first, await counter(browser, server.base, ['dish'], undefined, elsewhere)]
}

async function lay({ till, stall }) {
  const dish = stall.dishes.find((of) => of.available)
  await scan(till, dish.barcode)
  await till.locator('.lines b').first().waitFor()
}

async function buys(at, code) {
  await lay(at)
  await scan(at.till, code)
}

/** The names under which a page asked to sell, with what it confirmed. */
function asked(page) {
  const all = []
  page.on('request', (request) => {
    if (request.method() !== 'PUT' || !/\/purchases\/[0-9a-f-]+$/.test(request.url())) return
    const { confirm_photo, confirm_duplicate } = request.postDataJSON()
    all.push({ name: request.url().split('/').at(-1), confirm_photo, confirm_duplicate })
  })
  return all
}

test('one code at two canteens: the photo is compared, and only a deliberate key sells', async () => {
  const [one, two] = tills
  await buys(one, pupil.code)
  await one.till.locator('.result.paid').waitFor()

  const names = asked(two.till)
  await buys(two, pupil.code)
  const question = two.till.locator('.result.asking')
  await question.getByText(/此码 \d+ 秒前在别处用过，请核对照片/).waitFor()
  await question.getByText('没有照片').waitFor()
  assert.match(await question.innerText(), new RegExp(pupil.name))
  for (const key of ['Enter', ' ', '0']) await two.till.keyboard.press(key, { delay: 90 })
  await scan(two.till, pupil.code)
  await two.till.waitForTimeout(700)
  assert.equal(names.length, 1, 'neither Enter out of habit nor a second scan agrees')

  await two.till.keyboard.press('+')
  await two.till.locator('.result.paid').waitFor()
  assert.deepEqual(
    names.map((of) => [of.name === names[0].name, of.confirm_photo, of.confirm_duplicate]),
    [
      [true, false, false],
      [true, true, false],
    ],
  )
  assert.deepEqual([...one.till.errors, ...two.till.errors], [])
})

test('somebody else than in the photo: nothing is sold, and the office hears of it', async () => {
  const [one, two] = tills
  for (const { till } of tills) await till.locator('.result').waitFor({ state: 'detached', timeout: 8000 })
  await buys(two, fake.code)
  await two.till.locator('.result.paid').waitFor()
  await buys(one, fake.code)
  await one.till.locator('.result.asking').waitFor()
  await one.till.keyboard.press('Escape')
  await one.till.getByText('已停止，未扣款').waitFor()
  assert.equal(await one.till.locator('.lines b').count(), 0, 'the tray is empty again')

  const office = await open(browser, { base: server.base, user: 'admin' })
  await office.goto('/admin/')
  await office.getByText('2 条复制码报警待核实').waitFor()
  await office.goto('/admin/copy-alarms')
  const row = office.locator('tbody tr', { hasText: fake.name })
  await row.getByText('未成交').waitFor()
  await office.locator('tbody tr', { hasText: pupil.name }).getByText('照片已核对').waitFor()
  await row.getByRole('button').click()
  const drawer = office.getByRole('dialog', { name: `${fake.name} 的报警` })
  await drawer.getByText('被复制').click()
  await drawer.getByRole('textbox', { name: '备注' }).fill('照片在群里传过')
  await drawer.getByRole('button', { name: '保存结论' }).click()
  await drawer.getByRole('button', { name: '挂失' }).click()
  await office.locator('#confirm').waitFor()
  await office.locator('button[form=confirm][type=submit]').click()
  await drawer.getByText('这张码已挂失').waitFor()

  await buys(two, fake.code)
  await two.till.locator('.result.refused').getByText(/挂失/).first().waitFor()

  // A finding is not for ever.
  await drawer.getByRole('button', { name: '撤回结论' }).click()
  await drawer.getByRole('button', { name: '保存结论' }).waitFor()
  assert.deepEqual([...office.errors, ...one.till.errors, ...two.till.errors], [])
  await office.context().close()
})
