// A guardian's day on a phone, from the school's paper to a disputed purchase: everything through the real pages of the
// phone, of the office, of the counter and of the channels' sandbox. All of it in Chinese; the main path again in
// English and in large print.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch } from '../lib/browser.mjs'
import { guardian, rmb } from '../lib/family.mjs'
import { sandboxAt } from '../lib/sandbox.mjs'
import { start } from '../lib/server.mjs'
import { counter } from '../lib/till.mjs'
import { office as officeOf } from '../lib/office.mjs'
import { rowsOf } from '../lib/xlsx.mjs'

let browser
let server
let sandbox
let office
let till
let dish

before(async () => {
  server = await start()
  sandbox = sandboxAt(server.sandbox)
  browser = await launch()
  office = await officeOf(browser, server)
  const edible = (of) => of.available && of.allergens?.length === 1
  const found = await counter(browser, server.base, ['dish', 'amount'], undefined, (of) => of.dishes.some(edible))
  till = await office.cashier(found.till)
  dish = found.stall.dishes.find(edible)
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

const DAYS = [
  { lang: 'zh', number: '13900139001', of: '七年级11班', whole: true },
  { lang: 'en', number: '13900139002', of: '八年级11班' },
  { lang: 'zh', elder: true, number: '13900139003', of: '九年级11班' },
]
for (const day of DAYS) {
  const named = `${day.lang}${day.elder ? ', large print' : ''}`
  /** What is the same in every language is tried in one. */
  const step = (name, work) => test(`${named}: ${name}`, work)
  const once = (name, work) => day.whole && step(name, work)
  let me
  let phone
  let words
  let child
  let sibling
  let bought

  const wallet = async (of = child) =>
    (await me.ask('/home')).children.find((one) => one.child.binding === of.binding).balance.fen
  const at = (path) => me.go(`/children/${child.binding}/${path}`)

  step('the door, the code, the guide', async () => {
    me = await guardian(browser, { server, ...day })
    ;({ page: phone, words } = me)
    await me.signIn()
  })

  step('the office prints papers, and one binds a child', async () => {
    const papers = await office.papers(day.of)
    assert.ok(papers.length >= 2, `${day.of} has ${papers.length} pupils`)
    await me.bind(papers[0], { wrong: day.whole ? 3 : 1, refused: 'meals' })
    child = { ...(await me.ask('/session')).children[0], code: await office.codeOf(papers[0]) }
    sibling = papers[1]
  })

  step('what was refused is not shown, until it is given', async () => {
    await me.go()
    await me.says(words.no_consent)
    await me.sound('home without consent')
    await phone.locator('main a[href$="/consents"]').click()
    const meals = phone.getByRole('switch').nth(1)
    assert.equal(await meals.getAttribute('aria-checked'), 'false')
    await meals.click()
    await phone.locator('[role=switch][aria-checked=true]').nth(2).waitFor()
    await me.sound('the consents of now')
    await me.go()
    await me.says(words.live)
    assert.equal(await phone.getByText(words.no_consent).count(), 0)
    await me.sound('home')
  })

  once('wrong data is reported, answered by the office, and the answer is seen', async () => {
    await at('data-reports')
    await phone.getByRole('radio', { name: '班级' }).check()
    await me.field('text').fill('应该是七年级1班')
    await me.button('提交给学校').click()
    await me.says('处理中')
    await me.sound('wrong data')
    await office.answerReport(child.name, '已更正，感谢您的提醒。')
    await me.go('/inbox')
    await me.says('信息')
    await me.sound('the inbox')
    await at('data-reports')
    await me.says('已更正，感谢您的提醒。')
    await me.sound('wrong data answered')
  })

  once('an amount over a cap is refused in its own words, and stays', async () => {
    const { single_cap, room } = await me.ask(`/children/${child.binding}/topup`)
    assert.ok(room.fen < single_cap.fen, 'the wallet has less room than one top-up may fill')
    await at('topup')
    for (const [fen, said] of [
      [single_cap.fen + 100, `超过单笔限额 ${rmb(single_cap.fen)}`],
      [room.fen + 100, `超过余额上限：目前最多可充 ${rmb(room.fen)}`],
    ]) {
      const text = String(fen / 100)
      await me.field('amount').fill(text)
      await me.button(words.pay).click()
      await phone.locator('.wrong-text', { hasText: said }).waitFor()
      assert.equal(await me.field('amount').inputValue(), text)
      await me.sound(`an amount over a cap ${text}`)
    }
  })

  /** From the amount to the channel's own cashier. */
  async function toCashier(yuan, channel = '微信支付') {
    await at('topup')
    await me.field('amount').fill(yuan)
    await phone.getByRole('radio', { name: channel }).check()
    if (channel === '微信支付') await me.sound('an amount')
    await me.button(words.pay).click()
    await phone.waitForURL(`${server.sandbox}/pay/**`)
    return new URL(phone.url()).pathname.split('/').at(-1)
  }
  /** As a phone's back key does, when the channel has no way back of its own. */
  async function back(number) {
    const { items } = await me.ask(`/children/${child.binding}/payment-orders`)
    await at(`payment-orders/${items.find((of) => of.number === number).id}`)
  }

  step('a top-up by WeChat is paid at the cashier, and the balance rises once', async () => {
    const before = await wallet()
    const number = await toCashier('20')
    await me.button('支付', true).click()
    await phone.getByText('支付成功').waitFor()
    await back(number)
    await phone.getByRole('heading', { name: words.success }).waitFor()
    await me.says(words.receipt)
    await me.sound('topped up')
    assert.equal(await wallet(), before + 2000)
    if (day.whole) await office.refund(number, '10', '家长多充了')
    if (!day.whole) return
    await phone.reload()
    await me.says('部分已退款')
    await me.sound('a part was refunded')
    assert.equal(await wallet(), before + 1000)
  })

  once('by Alipay: a try that fails moves nothing, the next one does', async () => {
    const before = await wallet()
    const number = await toCashier('11', '支付宝')
    await me.button('让支付失败').click()
    await me.says(words.failed_try)
    await back(number)
    await phone.getByRole('heading', { name: words.waiting }).waitFor()
    await me.sound('waiting after a try that failed')
    assert.equal(await wallet(), before)
    await me.button('继续付款').click()
    await phone.waitForURL(`${server.sandbox}/pay/**`)
    await me.button('支付', true).click()
    await phone.getByText('支付成功').waitFor()
    await phone.getByRole('link', { name: '返回商户' }).click()
    await phone.getByRole('heading', { name: words.success }).waitFor()
    assert.equal(await wallet(), before + 1100)
  })

  once('while the channel is silent nobody says paid or failed; then it is closed', async () => {
    const before = await wallet()
    await sandbox.faults({ server_error_percent: 100 })
    await at('topup')
    await me.field('amount').fill('12')
    await me.button(words.pay).click()
    await phone.getByRole('heading', { name: '正在确认' }).waitFor()
    await me.says('请不要重复付款')
    await me.sound('being confirmed')
    await sandbox.faults()
    await me.button('再查一次').click()
    await phone.getByRole('heading', { name: words.waiting }).waitFor({ timeout: 20_000 })
    const { items } = await me.ask(`/children/${child.binding}/payment-orders`)
    await sandbox.payer(items[0].number, 'abandon')
    await me.button('关闭订单').click()
    await me.sound('closing asks')
    await phone.getByRole('alertdialog').getByRole('button', { name: '关闭', exact: true }).click()
    await phone.getByRole('heading', { name: '订单已关闭' }).waitFor({ timeout: 20_000 })
    await me.sound('closed')
    assert.equal(await wallet(), before)
    await at('payment-orders')
    await me.says('订单已关闭')
    await me.sound('my payments')
  })

  step('a purchase at the counter appears at home by itself, with its why', async () => {
    await me.go()
    await me.says(words.live)
    const before = await wallet()
    await till.sell(dish, child.code)
    const row = phone.getByRole('link', { name: rmb(dish.price.fen) }).first()
    if (!day.elder) await row.waitFor()
    // Large print has no list here: the balance falls.
    await phone.locator('.sum', { hasText: rmb(before - dish.price.fen) }).waitFor()
    await me.sound('home after a purchase')
    await me.go('/purchases')
    await row.click()
    await me.says(words.paid)
    bought = phone.url()
    await phone.getByText(words.why).click()
    await me.says(dish.name)
    await me.sound('a purchase and its why')
    assert.ok((await phone.locator('.why li').count()) >= 3)
  })

  once('what the guardian sets is refused at the counter, in words', async () => {
    await at('limits')
    await me.field('purchase').fill('1')
    await me.button('保存').click()
    await me.says('已保存')
    await me.sound('limits')
    await till.refused(dish, child.code, '家长设置：单笔 ¥1.00 以内')
    await me.field('purchase').fill('')
    await phone.getByRole('checkbox', { name: dish.allergens[0] }).check()
    await me.button('保存').click()
    await phone.waitForTimeout(500)
    await till.refused(dish, child.code, `过敏原：${dish.allergens[0]}（家长登记）`)
    await phone.getByRole('checkbox', { name: dish.allergens[0] }).uncheck()
    await me.button('保存').click()
    await me.says('已保存')
    await me.go('/purchases')
    await phone.getByText('未成交').first().waitFor()
    await me.sound('purchases with refused ones')
    await phone
      .getByRole('link', { name: /未成交/ })
      .first()
      .click()
    await me.says('所选菜品含有家长登记的过敏原')
    await me.sound('a refused purchase')
  })

  once('frozen, lost, and back again', async () => {
    await at('control')
    for (const [stop, said, again, undo] of [
      ['冻结账户', '账户已暂停（家长设置）', '解除冻结', '的账户可以使用'],
      ['挂失', '挂失', '找到了，解挂', '码在使用中'],
    ]) {
      await me.button(stop, true).click()
      await me.button(again).waitFor()
      await me.sound(stop)
      await till.refused(dish, child.code, said)
      await me.button(again).click()
      await me.says(undo)
    }
  })

  once('a sibling is bound, and money moves to it', async () => {
    await me.go('/bind')
    await me.bind(sibling)
    const other = (await me.ask('/session')).children.find((of) => of.binding !== child.binding)
    const before = [await wallet(), await wallet(other)]
    await at('transfer')
    await phone.getByRole('radio', { name: other.name }).check()
    await me.field('amount').fill('99999')
    await me.button('转账').click()
    await me.says('请重新输入')
    await me.sound('more than there is')
    await me.field('amount').fill('5')
    await me.button('转账').click()
    await phone.getByRole('alertdialog').getByRole('button', { name: '确认转账' }).click()
    await me.says('转账成功')
    await me.sound('moved')
    assert.deepEqual([await wallet(), await wallet(other)], [before[0] - 500, before[1] + 500])
    await me.go()
    await me.sound('home with two children')
  })

  step('a doubt goes to the school, whose answer brings the money back', async () => {
    await phone.goto(bought)
    await phone.getByRole('link', { name: words.doubt }).click()
    await phone.getByRole('radio', { name: words.wrong_amount }).check()
    await me.field('text').fill('多收了一份')
    await me.sound('a doubt')
    await me.button(words.send_school).click()
    await me.says(words.open)
    const before = await wallet()
    const answer = await office.refundComplaint(child.name)
    await phone.goto(bought)
    await me.says(words.refunded)
    await me.says(answer)
    await me.says(words.undone)
    await me.sound('answered with a refund')
    assert.equal(await wallet(), before + dish.price.fen)
    await me.go('/inbox')
    await phone.locator('.notice').first().waitFor()
    await me.sound('the inbox at the end of the day')
  })

  step('the statement as Excel holds every movement, and adds up', async () => {
    await at('statement')
    await phone.locator('tbody tr').first().waitFor()
    await me.sound('the statement')
    if (!day.whole) return
    const [download] = await Promise.all([phone.waitForEvent('download'), phone.getByText('下载 Excel').click()])
    const file = await office.contents(download)
    const [titles, ...rows] = rowsOf(file)
    assert.deepEqual(titles.slice(0, 2), ['时间', '项目'])
    const fen = (yuan) => Math.round(yuan * 100)
    const sum = rows.reduce((sum, row) => sum + fen(row[3]), 0)
    assert.equal(sum, await wallet(), 'all that came and went is what is there')
    for (const kind of ['充值', '退款', '转', '撤销']) {
      assert.ok(
        rows.some((row) => row[1].includes(kind)),
        `${kind} in ${rows.map((row) => row[1])}`,
      )
    }
    assert.ok(
      rows.some((row) => row[2]?.includes(dish.name)),
      'dishes are named',
    )
  })
}
