// The door: the first school on an empty machine, signing in, being locked out, and the language.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { PASSWORD, axe, launch, open, overflow } from '../lib/browser.mjs'
import { start } from '../lib/server.mjs'

let browser
before(async () => (browser = await launch()))
after(() => browser?.close())

test('the first school is made on a page, and empty pages say what to do', async () => {
  const server = await start({ empty: true })
  try {
    const page = await open(browser, { base: server.base })
    await page.goto('/admin/')
    const fill = (name, text) => page.locator(`input[name=${name}]`).fill(text)
    await fill('school_name', '鹭江第一小学')
    await fill('school_short', '鹭江一小')
    await fill('school_number', '12')
    await fill('admin_name', '方老师')
    await fill('username', 'fang')
    await fill('password', 'short')
    const make = page.getByRole('button', { name: '建立学校并登录' })
    await make.click()
    await page.locator('.el-form-item__error').first().waitFor()
    assert.equal(
      await page.locator('input[name=school_name]').inputValue(),
      '鹭江第一小学',
      'input stays after an error',
    )
    await fill('school_number', '35012')
    await fill('password', 'lunch-on-time-2026')
    await make.click()
    await page.locator('nav a').first().waitFor()
    assert.deepEqual(await axe(page), [])

    await page.goto('/admin/people')
    await page.locator('.el-empty, .empty').first().waitFor()
    assert.match(await page.locator('main').innerText(), /导入|添加|新增/)
    await page.goto('/admin/purchases')
    await page.locator('.el-empty, .empty').first().waitFor()

    // Who made the school can sign in with what was entered, and nobody can make a second one that way.
    const again = await open(browser, { base: server.base, user: 'fang', password: 'lunch-on-time-2026' })
    await again.goto('/admin/')
    await again.locator('nav a').first().waitFor()
    assert.equal(await again.getByRole('button', { name: '建立学校并登录' }).count(), 0)
  } finally {
    await server.stop()
  }
})

test('signing in, being locked out, and the language', async (t) => {
  const server = await start({ pupils: 40, days: 1 })
  t.after(() => server.stop())
  const page = await open(browser, { base: server.base, size: 'phone' })
  await page.goto('/admin/')
  const user = page.locator('input[name=username]')
  const password = page.locator('input[name=password]')
  await user.waitFor()
  assert.deepEqual([...(await axe(page)), ...(await overflow(page))], [])
  const enter = async (name, secret) => {
    await user.fill(name)
    await password.fill(secret)
    const answered = page.waitForResponse((of) => of.url().endsWith('/session') && of.request().method() === 'POST')
    await page.locator('button[type=submit]').click()
    return (await answered).status()
  }
  let status = 401
  for (let i = 0; i < 12 && status === 401; i += 1) status = await enter('teacher', 'wrong-password-1')
  assert.equal(status, 429, 'too many wrong passwords lock the account')
  await page.getByText('尝试次数过多').waitFor()
  assert.ok(await page.locator('button[type=submit]').isDisabled(), 'the page waits as well')
  const right = await page.request.post('/api/v1/session', { data: { username: 'teacher', password: PASSWORD } })
  assert.equal(right.status(), 429, 'the right password does not open a locked account')
  await page.reload()
  assert.equal(await enter('admin', PASSWORD), 200, 'others are not locked out')
  await page.locator('#content').waitFor()

  await page.goto('/admin/people')
  await page.getByRole('heading', { level: 1 }).waitFor()
  assert.match(await page.getByRole('heading', { level: 1 }).innerText(), /[\u4e00-\u9fff]/)
  await page.getByRole('button', { name: 'English' }).first().click()
  await page.waitForFunction(() => document.documentElement.lang === 'en')
  assert.match(await page.getByRole('heading', { level: 1 }).innerText(), /^[ -~’]+$/)
  await page.reload()
  await page.getByRole('heading', { level: 1 }).waitFor()
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'en', 'the language is kept')
})
