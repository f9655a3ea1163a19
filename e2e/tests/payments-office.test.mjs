// Finance and what guardians pay: an order is watched until it is paid, one officer asks for a refund, another approves
// it; a channel is tested, and its keys stay where they are.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { axe, launch, open, overflow } from '../lib/browser.mjs'
import { sandboxAt } from '../lib/sandbox.mjs'
import { start } from '../lib/server.mjs'

/** The mother of two pupils of the demo school. */
const PHONE = '13800000001'

let browser
let server
let sandbox
let office
let second
let guardian
let school
let accounts
let order

before(async () => {
  server = await start()
  sandbox = sandboxAt(server.sandbox)
  browser = await launch()
  office = await open(browser, { base: server.base, user: 'finance' })
  second = await open(browser, { base: server.base, user: 'finance2' })
  guardian = (await open(browser, { base: server.base })).request
  school = (await sent(office.request.get('/api/v1/session'))).schools[0].id
  accounts = (await sent(office.request.get(`/api/v1/schools/${school}/channel-accounts`))).items
  await sent(guardian.post('/api/v1/guardian/signin/codes', { data: { phone: PHONE } }))
  const code = await sandbox.codeFor(PHONE)
  const { children } = await sent(guardian.post('/api/v1/guardian/session', { data: { phone: PHONE, code } }))
  const path = `/api/v1/guardian/children/${children[0].binding}/payment-orders/${randomUUID()}`
  const wechat = accounts.find((of) => of.kind === 'wechat').id
  order = await sent(guardian.put(path, { data: { amount: { fen: 5000 }, account: wechat, scene: 'qr' } }))
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

async function sent(asking) {
  const answer = await asking
  assert.ok(answer.ok(), `${answer.url()}: ${answer.status()} ${await answer.text()}`)
  return answer.json()
}
async function sound(page, what) {
  await page.waitForTimeout(250)
  assert.deepEqual([...(await axe(page)), ...(await overflow(page))], [], what)
}
const button = (page, name) => page.getByRole('button', { name })
const confirm = (page, name) => page.getByRole('dialog').getByRole('button', { name, exact: true }).click()

test('an order waits, is asked about, and is paid', async () => {
  await office.goto('/admin/payment-orders')
  const row = office.getByRole('row').filter({ hasText: order.number })
  await row.getByText('待支付').waitFor()
  await sound(office, 'the orders')
  await row.getByRole('link', { name: /^详情/ }).click()
  await office.getByText('渠道已受理，等家长付款。').waitFor()
  assert.equal(await button(office, '申请退款').count(), 0, 'nothing can be refunded yet')
  await sandbox.payer(order.number, 'pay')
  await button(office, '立即查询渠道').click()
  await office.getByText('已查询渠道：已支付').waitFor()
  await office.getByText('渠道确认收款，已记入现金钱包。').waitFor()
  await sound(office, 'an order')
})

test('a refund keeps what was typed, says the room, and waits for a second person', async () => {
  await button(office, '申请退款').click()
  const amount = office.getByRole('dialog').locator('input').first()
  assert.equal(await amount.inputValue(), '50.00', 'all that is left')
  await office.getByRole('dialog').locator('input').nth(1).fill('重复充值')
  await amount.fill('50.01')
  await confirm(office, '提交申请')
  await office.getByText('最多还可退 ¥50.00').waitFor()
  assert.equal(await amount.inputValue(), '50.01', 'what was typed stays')
  await sound(office, 'a refund that is too large')
  await amount.fill('20')
  await confirm(office, '提交申请')
  await office.getByText('已提交，等另一位同事审批').waitFor()
  await office.getByText('¥30.00').first().waitFor()

  await office.goto('/admin/refunds?state=asked')
  await office.getByText('申请人不能审批自己的退款').first().waitFor()
  await sound(office, 'the refunds')
  await button(office, /^同意/).click()
  await confirm(office, '同意')
  await office.getByText('申请人不能审批自己的退款，请由另一位同事审批。').waitFor()
  await office.locator('td').getByText('待审批').waitFor()
})

test('the second person approves, and the money goes back', async () => {
  await second.goto('/admin/refunds')
  await button(second, /^同意/).click()
  await second.getByRole('dialog').getByText('原因：重复充值').waitFor()
  await sound(second, 'before the approval')
  await confirm(second, '同意')
  await second.getByText('已同意，正在发给渠道').waitFor()
  await second.locator('td').getByText('已退款').waitFor()
  await second.getByRole('link', { name: '查看支付单' }).click()
  await second.getByText('部分退款').first().waitFor()
  await second.getByText('同意退款').waitFor()

  await second.goto('/admin/topups')
  const row = second.getByRole('row').filter({ hasText: '线上' })
  await row.getByRole('link', { name: '支付单' }).waitFor()
  assert.equal(await row.getByRole('button', { name: '撤销' }).count(), 0, 'it is refunded, not reversed')
})

test('a channel is tested, and keeps its keys when another thing changes', async () => {
  await office.goto('/admin/channel-accounts')
  await button(office, /^测试这个渠道 微信/).click()
  await office.getByText('测试通过：渠道认得我们').waitFor()
  await button(office, /^修改 微信/).click()
  const dialog = office.getByRole('dialog')
  const keys = dialog.locator('fieldset', { has: office.locator('code', { hasText: 'signing' }) })
  assert.deepEqual(await keys.locator('input, textarea').evaluateAll((all) => all.map((of) => of.value)), [
    '',
    '',
    '',
  ])
  await sound(office, 'the settings of a channel')
  await keys.locator('input').first().fill('AB12')
  await keys.locator('textarea').fill('no key')
  await confirm(office, '保存')
  await keys.getByText(/渠道参数“.*”有误/).waitFor()
  assert.equal(await keys.locator('textarea').inputValue(), 'no key', 'what was typed stays')
  await keys.locator('input').first().fill('')
  await keys.locator('textarea').fill('')
  await dialog.locator('input[maxlength="40"]').fill('微信支付（一食堂）')
  await confirm(office, '保存')
  await office.getByText('已保存，请测试这个渠道').waitFor()
  await button(office, '测试这个渠道 微信支付（一食堂）').click()
  await office.locator('.card', { hasText: '微信支付（一食堂）' }).getByText('测试通过').waitFor()
})

test('the rules name who would stop, and the amounts that are none', async () => {
  await office.goto('/admin/payment-policy')
  await office.getByText('银联', { exact: true }).click()
  await office.getByText('保存后不再接受新支付单：微信支付（一食堂）').waitFor()
  await button(office, '放弃修改').click()
  const first = office.getByRole('textbox', { name: '第 1 个金额' })
  await first.fill('0.5')
  await button(office, '保存').click()
  await office.getByText('请输入 1 至 10000 元').waitFor()
  await first.fill('88.50')
  await button(office, '保存').click()
  await office.getByText('已保存支付规则').waitFor()
  await sound(office, 'the rules')
  const rules = await sent(office.request.get(`/api/v1/schools/${school}/payment-policy`))
  assert.equal(rules.buttons[0], 8850)
})
