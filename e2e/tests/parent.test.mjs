// A parent's phone: signed in by a code, a child bound by the school's paper, topped up, seen, disputed, stopped and let
// go again; in both languages and in large print.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { launch, open } from '../lib/browser.mjs'
import { start } from '../lib/server.mjs'
import { sandboxAt } from '../lib/sandbox.mjs'
import { sound as check, watch } from '../lib/sound.mjs'

const PHONE = '13900139000'
const FIRST_LOAD_BYTES_MAX = 150 * 1024

let browser
let server
let sandbox
let office
let phone
let school
let pupil
let paper

before(async () => {
  server = await start()
  sandbox = sandboxAt(server.sandbox)
  browser = await launch()
  office = await open(browser, { base: server.base, user: 'admin' })
  school = (await asked('/api/v1/session')).schools[0].id
  const { items } = await asked(`/api/v1/schools/${school}/people?kind=student&limit=50`)
  pupil = items[20]
  paper = await paperOf(pupil)
  phone = watch(await open(browser, { base: server.base, size: 'phone' }), { touch: 44, named: 'parent' })
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

async function asked(path) {
  const answer = await office.request.get(path)
  assert.equal(answer.status(), 200, `${path}: ${await answer.text()}`)
  return answer.json()
}
async function put(path, data) {
  const answer = await office.request.put(path, { data })
  assert.equal(answer.status(), 200, `${path}: ${await answer.text()}`)
  return answer.json()
}
/** The twelve characters on the school's paper for one child. */
async function paperOf({ id }) {
  const made = await office.request.post(`/api/v1/schools/${school}/binding-codes`, { data: { people: [id] } })
  assert.ok(made.ok(), await made.text())
  return (await made.json()).items[0].codes[0]
}
/** A sale at the counter, by the child itself. */
async function buy(fen) {
  const { items } = await asked(`/api/v1/schools/${school}/counter/stalls`)
  const id = randomUUID()
  const sale = { stall: items[0].id, payer: { person: pupil.id }, mode: 'amount', amount: { fen } }
  return put(`/api/v1/schools/${school}/purchases/${id}`, { ...sale, at: new Date().toISOString() })
}
const sound = (what) => check(phone, what)
const button = (name, exact = false) => phone.getByRole('button', { name, exact })
const go = (path) => phone.goto(`/parent${path}`)
let binding

test('the door sends a code, keeps what was typed, and leads to the guide', async () => {
  await go('/')
  await button('获取验证码').waitFor()
  await sound('the door')
  await phone.locator('input[name=phone]').fill('1380')
  await button('获取验证码').click()
  await phone.getByText('请输入 11 位手机号').waitFor()
  await phone.locator('input[name=phone]').fill(`+86 ${PHONE}`)
  await button('获取验证码').click()
  await phone.locator('input[name=code]').waitFor()
  const code = await sandbox.codeFor(PHONE)
  const wrong = code === '000000' ? '111111' : '000000'
  await phone.locator('input[name=code]').fill(wrong)
  await phone.getByText('验证码不正确').first().waitFor()
  assert.equal(await phone.locator('input[name=code]').inputValue(), wrong)
  await sound('a wrong code')
  await phone.locator('input[name=code]').fill(`【一通】验证码 ${code}，5 分钟内有效`)
  await phone.waitForURL(/\/parent\/guide$/)
  await sound('the guide')
  await button('去绑定孩子').click()
})

test('the first load is small', async () => {
  await go('/')
  await phone.getByText('还没有绑定孩子').waitFor()
  await sound('no child yet')
  const files = await phone.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .map((of) => new URL(of.name).pathname)
      .filter((path) => /^\/parent\/assets\/.*\.(js|css)$/.test(path)),
  )
  assert.ok(files.length > 1)
  let bytes = 0
  for (const path of new Set(files)) {
    const answer = await fetch(server.base + path)
    bytes += gzipSync(Buffer.from(await answer.arrayBuffer()), { level: 9 }).length
  }
  console.log(`first load: ${bytes} bytes of gzip in ${new Set(files).size} files`)
  assert.ok(bytes > 0 && bytes <= FIRST_LOAD_BYTES_MAX, `${bytes} bytes`)
  const strangers = await phone.evaluate(() =>
    performance.getEntriesByType('resource').map((of) => new URL(of.name).origin),
  )
  assert.deepEqual([...new Set(strangers)], [server.base], 'nothing comes from anywhere else')
})

test('a child is bound by the paper, and each consent is asked', async () => {
  await go(`/bind#${paper}`)
  await phone.waitForFunction(() => location.hash === '')
  const grouped = await phone.locator('input[name=code]').inputValue()
  assert.match(grouped, /^[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}$/)
  await phone.locator('input[name=name]').fill('不存在')
  await phone.locator('input[name=number]').fill(pupil.number)
  await button('查找').click()
  await phone.getByRole('alert').first().waitFor()
  assert.equal(await phone.locator('input[name=code]').inputValue(), grouped, 'what was typed stays')
  await sound('not found')
  await phone.locator('input[name=name]').fill(pupil.name)
  await button('查找').click()
  await phone.getByRole('heading', { name: '请核对' }).waitFor()
  assert.ok(!(await phone.locator('main').innerText()).includes(pupil.number), 'only a part is shown')
  await sound('what was found')
  await button('是我的孩子').click()
  await phone.getByRole('radio', { name: '母亲' }).check()
  const purposes = phone.locator('article')
  const count = await purposes.count()
  assert.ok(count >= 3)
  await purposes.nth(0).getByRole('radio', { name: '不同意' }).check()
  await phone.getByText('不同意这一项就无法在网上绑定').waitFor()
  await button('同意所选并绑定').click()
  await phone.getByText('请选择').first().waitFor()
  await sound('unanswered')
  for (let at = 0; at < count; at += 1) {
    const name = at < 3 ? '同意' : '不同意'
    await purposes.nth(at).getByRole('radio', { name, exact: true }).check()
  }
  await button('同意所选并绑定').click()
  await phone.getByText(/^已绑定/).waitFor()
  await sound('bound')
  const session = await (await phone.request.get('/api/v1/guardian/session')).json()
  assert.equal(session.children.length, 1)
  assert.equal(session.children[0].state, 'active')
  binding = session.children[0].binding
})

test('a purchase is seen at once, with its reasons, and doubted', async () => {
  await go('/')
  await phone.getByText('余额', { exact: true }).waitFor()
  await phone.waitForTimeout(1500)
  const sold = await buy(317)
  assert.equal(sold.outcome, 'paid', JSON.stringify(sold))
  await phone.getByText('¥3.17').first().waitFor({ timeout: 15_000 })
  await sound('home')
  await phone
    .getByRole('link', { name: /¥3\.17/ })
    .first()
    .click()
  await phone.getByText('为什么是这个结果').click()
  await sound('a purchase')
  await phone.getByRole('link', { name: '对这笔消费有疑问' }).click()
  await phone.getByRole('radio', { name: '金额不对' }).check()
  await phone.locator('textarea').fill('多收了一块')
  await sound('a doubt')
  await button('提交给学校').click()
  await phone.getByText('处理中').waitFor()
  await sound('a doubt that was sent')
})

test('two taps freeze, and one undoes it', async () => {
  await go('/')
  await phone.getByRole('link', { name: '冻结／挂失' }).click()
  await button('冻结账户').click()
  await phone.getByText('的账户已冻结').waitFor()
  await sound('frozen')
  const refused = await buy(200)
  assert.notEqual(refused.outcome, 'paid')
  await button('撤销').click()
  await phone.getByText('的账户可以使用').waitFor()
  assert.equal((await buy(201)).outcome, 'paid')
})

test('limits of the guardian count at the counter', async () => {
  await go(`/children/${binding}/limits`)
  await phone.locator('input[name=purchase]').fill('两块')
  await button('保存').click()
  await phone.getByText('请输入正确的金额').waitFor()
  await sound('a limit that is no amount')
  await phone.locator('input[name=purchase]').fill('2')
  await button('保存').click()
  await phone.getByText('已保存').waitFor()
  assert.notEqual((await buy(250)).outcome, 'paid')
  await phone.locator('input[name=purchase]').fill('')
  await button('保存').click()
  await phone.waitForTimeout(500)
  assert.equal((await buy(251)).outcome, 'paid')
})

test('a top-up is paid, and its page tells the truth from first to last', async () => {
  await go(`/children/${binding}/topup`)
  const amount = phone.locator('input[name=amount]')
  for (const [text, said] of [
    ['一百', '请输入正确的金额'],
    ['0.01', '最少充值'],
    ['99999', '超过单笔限额'],
  ]) {
    await amount.fill(text)
    await button('付款').click()
    await phone.locator('.wrong-text', { hasText: said }).waitFor()
    assert.equal(await amount.inputValue(), text, 'what was typed stays')
  }
  await sound('an amount that is refused')
  await amount.fill('50')
  await button('付款 ¥50.00').click()
  await phone.getByRole('heading', { name: '等待付款' }).waitFor()
  await phone.getByRole('img', { name: '付款二维码' }).waitFor()
  await sound('waiting for the payment')
  const id = new URL(phone.url()).pathname.split('/').at(-1)
  const order = await (await phone.request.get(`/api/v1/guardian/children/${binding}/payment-orders/${id}`)).json()
  await sandbox.payer(order.number, 'pay')
  await phone.getByRole('heading', { name: '充值成功' }).waitFor({ timeout: 30_000 })
  await phone.getByText('收据号').waitFor()
  await sound('paid')
  // The channel sends the browser back with the order's id alone.
  await go(`/paid/${id}`)
  await phone.getByRole('heading', { name: '充值成功' }).waitFor()
})

test('a payment that is abandoned can be gone on with, or closed', async () => {
  await go(`/children/${binding}/topup`)
  await phone.locator('input[name=amount]').fill('60')
  await button('付款 ¥60.00').click()
  await phone.getByRole('img', { name: '付款二维码' }).waitFor()
  await go(`/children/${binding}/payment-orders`)
  await phone.getByText('等待付款').first().waitFor()
  await sound('my payments')
  await phone.getByRole('link', { name: /等待付款/ }).click()
  await phone.getByRole('img', { name: '付款二维码' }).waitFor()
  await button('关闭订单').click()
  await phone.getByRole('alertdialog').getByRole('button', { name: '关闭', exact: true }).click()
  await phone.getByRole('heading', { name: '订单已关闭' }).waitFor({ timeout: 20_000 })
  await sound('closed')
})

/** Inside the app, as a link does: what all pages share is loaded once. */
async function turnTo(path) {
  await phone.evaluate((path) => {
    history.pushState({}, '', `/parent${path}`)
    dispatchEvent(new PopStateEvent('popstate', { state: {} }))
  }, path)
  await phone.waitForFunction((path) => {
    const of = document.querySelector('#app')?.__vue_app__?.config.globalProperties.$route
    return of?.path === path && document.querySelector('h1')
  }, path)
}

const PAGES = [
  '/',
  '/purchases',
  '/inbox',
  '/me',
  '/settings',
  '/preferences',
  '/help',
  '/guide',
  '/bind',
  '/bind/ask',
]
const OF_CHILD = [
  ...['about', 'topup', 'payment-orders', 'transfer', 'control', 'limits', 'guardians', 'consents'],
  ...['data-reports', 'unbind', 'calendar', 'statement', 'year', 'complaints'],
]

for (const [lang, elder] of [
  ['zh', false],
  ['en', false],
  ['zh', true],
  ['en', true],
]) {
  test(`every page in ${lang}${elder ? ', large print' : ''} is sound`, async () => {
    await phone.request.patch('/api/v1/guardian/settings', { data: { locale: lang, elder } })
    phone.errors.length = 0
    Object.assign(phone.sound, { lang, touch: elder ? 60 : 44, named: `parent-${lang}${elder ? '-large' : ''}` })
    await go('/')
    for (const path of [...PAGES, ...OF_CHILD.map((page) => `/children/${binding}/${page}`)]) {
      await turnTo(path)
      await sound(path)
      const title = await phone.locator('h1').innerText()
      if (lang === 'en') assert.ok(!/[\u4e00-\u9fff]/.test(title), `${path} is called ${title}`)
      assert.equal(
        await phone.locator('.problem').count(),
        0,
        `${path}: ${await phone.locator('main').innerText()}`,
      )
    }
    assert.deepEqual(phone.errors, [])
  })
}

test('unbinding asks, says what happens, and is done', async () => {
  await phone.request.patch('/api/v1/guardian/settings', { data: { locale: 'zh', elder: false } })
  Object.assign(phone.sound, { lang: 'zh', touch: 44, named: 'parent' })
  await go(`/children/${binding}/unbind`)
  await button('解除绑定').click()
  await phone.getByRole('alertdialog').waitFor()
  await sound('the question')
  await phone.keyboard.press('Escape')
  assert.equal(await phone.getByRole('alertdialog').count(), 0)
  await button('解除绑定').click()
  await phone.getByRole('alertdialog').getByRole('button', { name: '解除绑定' }).click()
  await phone.getByText('还没有绑定孩子').waitFor()
})

test('signed out, nothing is left on the screen', async () => {
  await go('/me')
  await button('退出登录').click()
  await phone.getByRole('alertdialog').getByRole('button', { name: '退出登录' }).click()
  await phone.waitForURL(/sign-in/)
  await go(`/children/${binding}/control`)
  await phone.waitForURL(/sign-in/)
})
