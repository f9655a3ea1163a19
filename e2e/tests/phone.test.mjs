// A teacher's phone: enrolled with a ticket from the office, its code read from the screen and paid with, offline, hidden,
// back after the browser forgot its key, and stopped when it is lost.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { axe, launch, open, overflow } from '../lib/browser.mjs'
import { readQr } from '../lib/hands.mjs'
import { start } from '../lib/server.mjs'

let browser
let server
let office
let phone
let school
let teacher

before(async () => {
  server = await start()
  browser = await launch()
  office = await open(browser, { base: server.base, user: 'admin' })
  school = (await asked('/api/v1/session')).schools[0].id
  teacher = (await asked(`/api/v1/schools/${school}/people?kind=staff`)).items[0]
  phone = await open(browser, { base: server.base, size: 'phone' })
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

async function asked(path) {
  const answer = await office.request.get(path)
  assert.equal(answer.status(), 200, path)
  return answer.json()
}

const code = () => phone.locator('.sheet svg')

/** The text of the code on the screen, read from its pixels. */
async function shown() {
  await code().waitFor()
  return readQr(await phone.locator('.sheet').screenshot())
}

let cents = 100

/** What the counter's purchase says to a code. Each sale is another amount: it is no second one by mistake. */
async function pay(text) {
  cents += 1
  const { items } = await asked(`/api/v1/schools/${school}/counter/stalls`)
  const id = await office.evaluate(() => crypto.randomUUID())
  const sale = { stall: items[0].id, payer: { code: text }, mode: 'amount', amount: { fen: cents } }
  const data = { ...sale, at: new Date().toISOString() }
  const answer = await office.request.put(`/api/v1/schools/${school}/purchases/${id}`, { data })
  return answer.json()
}

test('the office makes a ticket, and the phone that opens its link is enrolled', async () => {
  await office.goto(`/admin/people/${teacher.id}`)
  await office.getByRole('button', { name: '生成绑定码' }).click()
  const dialog = office.getByRole('dialog')
  const digits = (await dialog.locator('.digits').innerText()).replace(/ /g, '')
  const link = readQr(await dialog.getByRole('img', { name: '绑定码二维码' }).screenshot())
  assert.equal(link, `${server.base}/code/#${digits}`)
  assert.deepEqual(await axe(office), [])
  await dialog.getByRole('button', { name: '完成' }).click()

  await phone.goto('/code/')
  await phone.getByRole('button', { name: '绑定' }).waitFor()
  assert.deepEqual([...(await axe(phone)), ...(await overflow(phone))], [], 'a stranger is told what to do')
  await phone.goto(link)
  await phone.waitForFunction(() => location.hash === '')
  assert.equal((await phone.locator('input[name=ticket]').inputValue()).replace(/ /g, ''), digits)
  assert.equal(await phone.evaluate(() => location.hash), '', 'the digits stay in no history')
  await phone.locator('input[name=ticket]').fill('123')
  await phone.getByRole('button', { name: '绑定' }).click()
  await phone.getByText('请输入完整的 12 位数字').waitFor()
  await phone.locator('input[name=ticket]').fill('000000000000')
  await phone.getByRole('button', { name: '绑定' }).click()
  await phone.getByText('绑定码不正确').waitFor()
  await phone.locator('input[name=ticket]').fill(digits)
  await phone.getByRole('button', { name: '绑定' }).click()
  const text = await shown()
  assert.match(text, /^97\d{468}$/)
  assert.deepEqual([...(await axe(phone)), ...(await overflow(phone))], [])
  await office.reload()
  await office.locator('.phones li').waitFor()
})

test('its code pays, and is another one ten seconds later', async () => {
  const first = await shown()
  const paid = await pay(first)
  assert.equal(paid.outcome, 'paid', JSON.stringify(paid))
  assert.equal(paid.purchase.person.id, teacher.id)
  await phone.waitForTimeout(10_500)
  const second = await shown()
  assert.notEqual(second, first)
  assert.equal((await pay(second)).outcome, 'paid')
})

test('it opens without a network, at once', async () => {
  await phone.evaluate(() => navigator.serviceWorker.ready)
  await phone.waitForFunction(async () => (await caches.match('/code/')) !== undefined)
  const before = await shown()
  await phone.context().setOffline(true)
  const took = []
  for (let i = 0; i < 5; i += 1) {
    await phone.reload()
    await code().waitFor({ timeout: 3000 })
    took.push(Math.round(await phone.evaluate(() => performance.getEntriesByName('code-shown')[0].startTime)))
  }
  console.log(`offline, from opening to the code: ${took.join(', ')} ms`)
  assert.ok(Math.max(...took) < 3000)
  assert.notEqual(await shown(), before, 'the counter went on')
  await phone.getByText(/^离线 · 可用至/).waitFor()
  assert.equal((await pay(await shown())).outcome, 'paid', 'made offline, taken by the counter')
  await phone.context().setOffline(false)
  await phone.getByText(/^已联网/).waitFor()
})

test('it hides when something else is in front, and when it is printed', async () => {
  for (const event of ['blur', 'beforeprint']) {
    await code().waitFor()
    await phone.evaluate((event) => window.dispatchEvent(new Event(event)), event)
    await phone.getByText('点按显示').waitFor()
    assert.equal(await code().count(), 0, 'nothing is left on the page')
    assert.equal(readQr(await phone.screenshot()), null)
    assert.deepEqual(await axe(phone), [])
    await phone.keyboard.press('Tab')
    await phone.getByRole('button', { name: /点按显示/ }).press('Enter')
  }
  await code().waitFor()
})

test('a phone that is reported lost says so, and comes back', async () => {
  const [held] = (await asked(`/api/v1/schools/${school}/phones?person=${teacher.id}`)).items
  const turn = (what) => office.request.post(`/api/v1/schools/${school}/credentials/${held.id}/${what}`)
  assert.equal((await turn('report-lost')).status(), 200)
  await phone.reload()
  await phone.getByText('这部手机已挂失').waitFor({ timeout: 10_000 })
  assert.equal(await code().count(), 0)
  assert.deepEqual(await axe(phone), [])
  assert.equal((await turn('reinstate')).status(), 200)
  await phone.getByRole('button', { name: '重试' }).click()
  await code().waitFor()
})

test('a browser that forgot everything is the same phone again, without a ticket', async () => {
  const cdp = await phone.context().newCDPSession(phone)
  const storageTypes = 'indexeddb,local_storage,cache_storage,service_workers'
  await cdp.send('Storage.clearDataForOrigin', { origin: server.base, storageTypes })
  await phone.reload()
  // Within the minute of its last credential it waits, calmly.
  await code().waitFor({ timeout: 75_000 })
  const { items } = await asked(`/api/v1/schools/${school}/phones?person=${teacher.id}`)
  assert.equal(items.length, 1, 'no second phone')
  assert.equal((await pay(await shown())).outcome, 'paid')
})

test('its owner takes it away', async () => {
  await phone.getByText('扫不上怎么办').click()
  assert.deepEqual([...(await axe(phone)), ...(await overflow(phone))], [])
  await phone.getByRole('button', { name: '解除本机绑定' }).click()
  await phone.getByRole('button', { name: '确定解除' }).click()
  await phone.getByRole('button', { name: '绑定', exact: true }).waitFor()
  const { items } = await asked(`/api/v1/schools/${school}/phones?person=${teacher.id}`)
  assert.equal(items[0].status, 'replaced')
})

test('a phone whose clock is wrong is told how to mend it, and its code is good all the same', async () => {
  const other = (await asked(`/api/v1/schools/${school}/people?kind=staff`)).items[1]
  const path = `/api/v1/schools/${school}/people/${other.id}/phone-tickets`
  const { ticket } = await (await office.request.post(path)).json()
  phone = await open(browser, { base: server.base, size: 'phone' })
  // Ten minutes ahead: further than a proof may be.
  await phone.addInitScript((ms) => {
    const real = Date.now.bind(Date)
    Date.now = () => real() + ms
  }, 600_000)
  await phone.goto(`/code/#${ticket}`)
  await phone.getByRole('button', { name: '绑定', exact: true }).click()
  await phone.getByText('手机时间快了 600 秒').waitFor()
  assert.equal((await pay(await shown())).outcome, 'paid')
  assert.deepEqual([...(await axe(phone)), ...(await overflow(phone))], [])
  await phone.reload()
  await phone.getByText('手机时间快了 600 秒').waitFor()
  // The code of the wrong clock, which no counter takes, goes as soon as the server's time is known.
  await phone.waitForTimeout(500)
  assert.equal((await pay(await shown())).outcome, 'paid')
})

test('what the server stopped stays stopped without a network', async () => {
  const other = (await asked(`/api/v1/schools/${school}/people?kind=staff`)).items[1]
  const policy = await asked(`/api/v1/schools/${school}/policy`)
  const put = (staff_phone) => {
    const data = { ...policy, codes: { ...policy.codes, staff_phone } }
    return office.request.put(`/api/v1/schools/${school}/policy`, { data })
  }
  assert.equal((await put(false)).status(), 200)
  await phone.reload()
  await phone.getByText('学校规定此类人员不使用手机码').waitFor()
  await phone.waitForFunction(async () => (await caches.match('/code/')) !== undefined)
  await phone.context().setOffline(true)
  await phone.reload()
  await phone.getByText('学校规定此类人员不使用手机码').waitFor()
  assert.equal(await code().count(), 0)
  await phone.context().setOffline(false)
  await office.goto(`/admin/people/${other.id}`)
  await office.getByRole('button', { name: '生成绑定码' }).click()
  await office.getByText('学校规定此类人员不使用手机码').waitFor()
  await phone.context().close()
})

test('the third phone of a person asks which one gives way', async () => {
  const other = (await asked(`/api/v1/schools/${school}/people?kind=staff`)).items[2]
  const policy = await asked(`/api/v1/schools/${school}/policy`)
  const data = { ...policy, codes: { ...policy.codes, staff_phone: true } }
  assert.equal((await office.request.put(`/api/v1/schools/${school}/policy`, { data })).status(), 200)
  for (const name of ['旧手机', '平板', '新手机']) {
    const path = `/api/v1/schools/${school}/people/${other.id}/phone-tickets`
    const { ticket } = await (await office.request.post(path)).json()
    phone = await open(browser, { base: server.base, size: 'phone', lang: name === '平板' ? 'en' : 'zh' })
    await phone.goto(`/code/#${ticket}`)
    await phone.locator('input[name=name]').fill(name)
    await phone.locator('button[type=submit]').click()
    if (name !== '新手机') await code().waitFor()
  }
  await phone.getByRole('radio', { name: /旧手机/ }).check()
  assert.deepEqual([...(await axe(phone)), ...(await overflow(phone))], [])
  await phone.locator('button[type=submit]').click()
  assert.equal((await pay(await shown())).outcome, 'paid')
  const { items } = await asked(`/api/v1/schools/${school}/phones?person=${other.id}`)
  const states = Object.fromEntries(items.map((of) => [of.name, of.status]))
  assert.deepEqual(states, { 旧手机: 'replaced', 平板: 'active', 新手机: 'active' })
})
