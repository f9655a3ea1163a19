// The people of the school on their desktops: who prints papers, who answers, who gives money back with four eyes; and
// the cashier. All through the pages.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { open } from './browser.mjs'
import { rmb } from './family.mjs'
import { scan } from './hands.mjs'
import { sound, watch } from './sound.mjs'
import { sent } from './till.mjs'

const WAIT_MS = 10_000

export async function office(browser, server) {
  const of = async (user) => watch(await open(browser, { base: server.base, user }), { named: user })
  const [admin, finance, second] = [await of('admin'), await of('finance'), await of('finance2')]
  const button = (page, name, exact = false) => page.getByRole('button', { name, exact })
  const confirm = (page, name) => page.getByRole('dialog').getByRole('button', { name, exact: true }).click()
  const ask = async (path) => {
    const answer = await admin.request.get(`/api/v1${path}`)
    assert.ok(answer.ok(), `${path}: ${answer.status()} ${await answer.text()}`)
    return answer.json()
  }
  const school = `/schools/${(await ask('/session')).schools[0].id}`

  /** One paper for each pupil of the class, as they come out of the printer. */
  async function papers(className) {
    await admin.goto('/admin/binding-codes')
    await admin.locator('table.cardtable tbody tr').first().waitFor()
    await sound(admin, 'binding codes')
    await button(admin, '制作绑定码').click()
    await admin.waitForURL(/binding-codes\/print/)
    await admin.getByRole('combobox').first().fill(className)
    await admin.getByRole('option', { name: className }).click()
    await button(admin, '制作', true).click()
    await admin.locator('.binding-paper').first().waitFor()
    await sound(admin, 'papers')
    const printed = await admin
      .locator('.binding-paper')
      .evaluateAll((all) =>
        all.map((of) => ({ name: of.querySelector('.name').innerText, code: of.querySelector('.code').innerText })),
      )
    const { items } = await ask(`${school}/people?kind=student&limit=200`)
    const pupils = items.filter((of) => JSON.stringify(of).includes(className))
    const each = printed.map((paper) => ({ ...paper, ...pick(pupils.find((of) => of.name === paper.name)) }))
    // Whoever owes pays that first, and a top-up would not raise the balance: they come last.
    const owes = await Promise.all(
      each.map(async ({ person }) => (await ask(`${school}/people/${person}/account`)).arrears.fen > 0),
    )
    return [...each.filter((_, at) => !owes[at]), ...each.filter((_, at) => owes[at])]
  }
  const pick = ({ id, number }) => ({ person: id, number })

  /** The card in the child's pocket. */
  async function codeOf({ person }) {
    const { items } = await ask(`${school}/credentials?person=${person}`)
    return (await ask(`${school}/credentials/${items[0].id}/code`)).text
  }

  async function answerReport(name, words) {
    await admin.goto('/admin/data-reports')
    await button(admin, `处理 ${name}`).first().click()
    const drawer = admin.getByRole('dialog')
    await drawer.locator('textarea').fill(words)
    await admin.waitForTimeout(300)
    await sound(admin, 'a report of wrong data')
    await drawer.locator('button[type=submit]').click()
    await admin.getByText('已答复，家长会收到消息').waitFor()
  }

  /** One asks, another agrees. */
  async function refund(number, yuan, reason) {
    await finance.goto('/admin/payment-orders')
    const row = finance.getByRole('row').filter({ hasText: number })
    await row.getByText('已支付').waitFor()
    await sound(finance, 'payment orders')
    await row.getByRole('link', { name: /^详情/ }).click()
    await button(finance, '申请退款').click()
    await finance.getByRole('dialog').locator('input').first().fill(yuan)
    await finance.getByRole('dialog').locator('input').nth(1).fill(reason)
    await confirm(finance, '提交申请')
    await finance.getByText('已提交，等另一位同事审批').waitFor()
    await sound(finance, 'a refund is asked for')
    await second.goto('/admin/refunds')
    await button(second, /^同意/).click()
    await second.getByRole('dialog').getByText(`原因：${reason}`).waitFor()
    await second.waitForTimeout(300)
    await sound(second, 'before the approval')
    await confirm(second, '同意')
    await second.locator('td').getByText('已退款').waitFor()
  }

  /** Answers the open complaint about this child's purchase with the ready words that give the money back. */
  async function refundComplaint(name) {
    await admin.goto('/admin/complaints')
    await button(admin, `答复 ${name}`).first().waitFor()
    await sound(admin, 'complaints')
    await button(admin, `答复 ${name}`).first().click()
    const words = admin.getByRole('button', { name: /已为您退款/ })
    await words.click()
    await sound(admin, 'a complaint')
    const said = await admin.locator('textarea').inputValue()
    assert.match(said, /已为您退款/)
    await button(admin, '退款并答复').click()
    await admin.getByRole('dialog').locator('button[type=submit]').click()
    await admin.getByText('已退款并答复，家长会收到消息').waitFor()
    return said
  }

  /** Answers the one question that waits: for the pupil whom name and number fit, or with the reason why not. */
  async function answerBinding(approve, words) {
    await admin.goto('/admin/bindings')
    await button(admin, /^审批/).first().click()
    const drawer = admin.getByRole('dialog')
    await drawer.locator('textarea').fill(words)
    await admin.waitForTimeout(300)
    await sound(admin, `a binding that is asked for, ${approve}`)
    await button(drawer, approve ? '同意绑定' : '拒绝', true).click()
    await admin.getByText(approve ? '已同意，家长会收到消息' : '已拒绝，家长会收到消息').waitFor()
  }

  /** Locks the guardian of this phone out, or in again. */
  async function lock(phone, reason) {
    await admin.goto('/admin/bindings')
    await admin.getByPlaceholder('孩子姓名、学号，或家长完整手机号').fill(phone)
    const row = admin.locator('tbody tr')
    await admin.waitForFunction(() => document.querySelectorAll('tbody tr').length === 1)
    await row.getByRole('button').first().click()
    const drawer = admin.getByRole('dialog').first()
    await drawer.getByRole('button', { name: /^(锁定|解除锁定)$/ }).click()
    const asks = admin.getByRole('dialog').last()
    await asks.locator('input, textarea').first().fill(reason)
    await admin.waitForTimeout(300)
    await sound(admin, 'a lock asks for its reason')
    await asks.getByRole('button', { name: /锁定/ }).last().click()
    await admin.locator('.el-message', { hasText: /已(解除)?锁定/ }).waitFor()
  }

  return {
    papers,
    answerBinding,
    lock,
    codeOf,
    answerReport,
    refund,
    refundComplaint,
    cashier,
    contents: async (download) => readFile(await download.path()),
  }
}

/** At a counter that is open: what is scanned, and what the screen says. */
function cashier(till) {
  till.setDefaultTimeout(WAIT_MS)
  async function tray(dish, code) {
    await till.keyboard.press('Escape')
    await scan(till, dish.barcode)
    const price = rmb(dish.price.fen)
    await till.waitForFunction((price) => document.querySelector('.total')?.textContent === price, price)
    await scan(till, code)
  }
  const read = sent(till)
  /** What the screen says in the end. */
  async function result(code) {
    await till.locator('.result:not(.sending)').waitFor()
    assert.equal(read.at(-1), code, 'what was scanned is what was sent')
    return till.locator('.result').innerText()
  }
  return {
    async sell(dish, code) {
      await tray(dish, code)
      // The child may have eaten minutes ago at another counter: the cashier looks at its face.
      if (/在别处用过/.test(await result(code))) {
        await till.keyboard.press('+')
        await till.locator('.result:not(.sending, .asking)').waitFor()
      }
      assert.match(await result(code), /收款成功/)
      await till.keyboard.press('Enter')
      await till.locator('.result').waitFor({ state: 'detached' })
    },
    /** Not paid, and the cashier reads why. */
    async refused(dish, code, words) {
      await tray(dish, code)
      const said = await result(code)
      assert.ok(said.includes('未支付') && said.includes(words), `${words}: ${said}`)
      await till.keyboard.press('Escape')
      await till.locator('.result').waitFor({ state: 'detached' })
    },
  }
}
