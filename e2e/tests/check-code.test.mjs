// The office scans a code and reads whose it is, or why it does not work and what to do. Nothing of it stays.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { axe, launch, open } from '../lib/browser.mjs'
import { scan } from '../lib/hands.mjs'
import { start } from '../lib/server.mjs'
import { holders } from '../lib/till.mjs'

let browser
let server
let pupil
before(async () => {
  server = await start()
  browser = await launch()
  ;[pupil] = await holders(browser, server.base, 1)
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

/** Another last digit: the same key, account and card under a signature that nobody made. */
const forged = (code) => code.slice(0, -1) + ((Number(code.at(-1)) + 1) % 10)

test('a good code names its holder, and is not kept', async () => {
  const office = await open(browser, { base: server.base, user: 'admin' })
  await office.goto('/admin/codes/check')
  const field = office.getByRole('textbox', { name: /扫码枪/ })
  await field.waitFor()
  // A scanner types wherever the focus is.
  await office.locator('h1').click()
  await scan(office, pupil.code)
  const good = office.locator('.card.good')
  await good.waitFor()
  assert.match(await good.innerText(), new RegExp(`有效[\\s\\S]*${pupil.name}[\\s\\S]*印刷码`))
  assert.equal(await field.inputValue(), '')
  const kept = await office.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]),
  )
  assert.ok(!kept.includes(pupil.code.slice(0, 40)), 'the text of the code is nowhere in the browser')
  assert.deepEqual(await axe(office), [])
  await office.context().close()
})

test('what does not work says why and what to do, in both languages', async () => {
  for (const [lang, wants] of [
    ['zh', [/签名不对[\s\S]*伪造/, /不是校园码[\s\S]*付款码/]],
    ['en', [/did not sign this[\s\S]*forged/, /no campus code[\s\S]*payment code/]],
  ]) {
    const office = await open(browser, { base: server.base, user: 'admin', lang })
    await office.goto('/admin/codes/check')
    await office.locator('.ask input').waitFor()
    for (const [i, code] of [forged(pupil.code), '134567890123456789'].entries()) {
      await scan(office, code)
      const bad = office.locator('.card.bad', { hasText: ['bad_signature', 'not_a_campus_code'][i] })
      await bad.waitFor()
      assert.match(await bad.innerText(), wants[i])
    }
    assert.deepEqual([...office.errors, ...(await axe(office))], [])
    await office.context().close()
  }
})

test('a code that was reported lost is known at once, and again when it was reinstated', async () => {
  const office = await open(browser, { base: server.base, user: 'admin' })
  await office.goto('/admin/codes/check')
  await office.locator('.ask input').waitFor()
  const move = async (of) => {
    const school = (await (await office.request.get('/api/v1/session')).json()).schools[0].id
    const path = `/api/v1/schools/${school}/credentials`
    const { items } = await (await office.request.get(`${path}?person=${pupil.id}`)).json()
    assert.ok((await office.request.post(`${path}/${items[0].id}/${of}`)).ok())
  }
  await move('report-lost')
  await scan(office, pupil.code)
  await office.locator('.card.bad').getByText('已挂失').waitFor()
  await move('reinstate')
  await scan(office, pupil.code)
  await office.locator('.card.good').getByText(pupil.name).waitFor()
  await office.context().close()
})
