// A guardian's hands on a phone, and the two languages they read. The words stand here once more, on purpose: a test
// that took them from the page could not see a wrong one.
import assert from 'node:assert/strict'
import { ANDROID, open } from './browser.mjs'
import { sound, watch } from './sound.mjs'

const ZH = {
  elder: '大字版',
  send: '获取验证码',
  start: '去绑定孩子',
  look: '查找',
  not_found: '没有找到',
  check: '请核对',
  mine: '是我的孩子',
  mother: '母亲',
  agree: '同意',
  refuse: '不同意',
  bind: '同意所选并绑定',
  bound: '已绑定',
  no_consent: '您没有同意显示就餐和消费',
  live: '消费会实时显示在这里',
  pay: '付款',
  waiting: '等待付款',
  success: '充值成功',
  receipt: '收据号',
  failed_try: '支付失败，可以再试',
  why: '为什么是这个结果',
  paid: '消费成功',
  doubt: '对这笔消费有疑问',
  wrong_amount: '金额不对',
  send_school: '提交给学校',
  open: '处理中',
  refunded: '已退款',
  undone: '已撤销',
  balance: '余额',
}
const EN = {
  elder: 'Large print',
  send: 'Send me a code',
  start: 'Bind a child',
  look: 'Look up',
  not_found: 'Nothing fits',
  check: 'Please check',
  mine: 'This is my child',
  mother: 'Mother',
  agree: 'I agree',
  refuse: 'I refuse',
  bind: 'Bind with these answers',
  bound: 'is bound',
  no_consent: 'You did not agree to meals and purchases being shown',
  live: 'Purchases appear here as they happen',
  pay: 'Pay',
  waiting: 'Waiting for the payment',
  success: 'Topped up',
  receipt: 'Receipt number',
  failed_try: '支付失败，可以再试',
  why: 'Why it was decided so',
  paid: 'Paid',
  doubt: 'Something is wrong with it',
  wrong_amount: 'The amount is wrong',
  send_school: 'Send to the school',
  open: 'Being handled',
  refunded: 'Refunded',
  undone: 'Undone',
  balance: 'Balance',
}

/** The purposes in their order on the page. */
const PURPOSES = ['account', 'meals', 'messages', 'photo']

export const rmb = (fen) => `¥${Math.trunc(fen / 100)}.${String(fen % 100).padStart(2, '0')}`

/** Somebody with this phone number, at the door. */
export async function guardian(browser, { server, number, lang = 'zh', elder = false }) {
  const how = { base: server.base, size: 'phone', lang, agent: ANDROID }
  const named = `guardian-${lang}${elder ? '-large' : ''}`
  const page = watch(await open(browser, how), { lang, touch: elder ? 60 : 44, named })
  const words = lang === 'en' ? EN : ZH
  const button = (name, exact = false) => page.getByRole('button', { name, exact })
  const field = (name) => page.locator(`[name=${name}]`)
  const go = (path = '/') => page.goto(`${server.base}/parent${path}`)
  const says = (text) => page.getByText(text).first().waitFor()
  const ask = async (path) => {
    const answer = await page.request.get(`/api/v1/guardian${path}`)
    assert.ok(answer.ok(), `${path}: ${answer.status()} ${await answer.text()}`)
    return answer.json()
  }
  const hands = { page, number, words, button, field, go, says, ask, sound: (what) => sound(page, what) }
  return { ...hands, signIn: () => signIn(hands, server, elder), bind: (paper, how) => bind(hands, paper, how) }
}

/** As a person does: the code is read from another page of the same phone, where messages arrive. */
async function signIn({ page, number, words, button, field, go, sound }, server, elder) {
  await go()
  await button(words.send).waitFor()
  if (elder) await button(words.elder).click()
  await sound('the door')
  await field('phone').fill(number)
  await button(words.send).click()
  await field('code').waitFor()
  await sound('the code is asked for')
  const messages = await page.context().newPage()
  await messages.goto(`${server.sandbox}/messages`)
  const card = messages.locator('li', { hasText: number }).first()
  for (let tries = 0; tries < 50 && !(await card.count()); tries += 1) {
    await messages.waitForTimeout(100)
    await messages.reload()
  }
  const code = /\b\d{6}\b/.exec(await card.locator('dl').innerText())[0]
  await messages.close()
  await field('code').fill(code)
  await page.waitForURL(/\/parent\/guide$/)
  await sound('the guide')
  await button(words.start).click()
  await page.waitForURL(/\/parent\/bind$/)
}

/** With the school's paper; `wrong` so often with a wrong code first, `refused` names a purpose not agreed to. */
async function bind({ page, words, button, field, says, sound }, paper, { wrong = 0, refused } = {}) {
  await field('name').fill(paper.name)
  await field('number').fill(paper.number)
  // The last sign is another one; what was typed must stay, so that it can be mended.
  const other = paper.code.slice(0, -1) + (paper.code.endsWith('A') ? 'B' : 'A')
  for (let n = 0; n < wrong; n += 1) {
    await field('code').fill(other)
    await button(words.look).click()
    await page.getByRole('alert').getByText(words.not_found).waitFor()
    assert.deepEqual(
      await Promise.all(['name', 'number', 'code'].map((name) => field(name).inputValue())),
      [paper.name, paper.number, other],
      'what was typed stays',
    )
  }
  if (wrong) await sound('a wrong code')
  await field('code').fill(paper.code)
  await button(words.look).click()
  await page.getByRole('heading', { name: words.check }).waitFor()
  const shown = await page.locator('main').innerText()
  assert.ok(!shown.includes(paper.number) && !shown.includes(paper.name), `only parts are shown: ${shown}`)
  await sound('only parts of the child are shown')
  await button(words.mine).click()
  await page.getByRole('radio', { name: words.mother, exact: true }).check()
  const articles = page.locator('article')
  for (const [at, purpose] of PURPOSES.slice(0, await articles.count()).entries()) {
    const name = purpose === refused ? words.refuse : words.agree
    await articles.nth(at).getByRole('radio', { name, exact: true }).check()
  }
  await sound('the consents')
  await button(words.bind).click()
  await says(words.bound)
  await sound('bound')
}
