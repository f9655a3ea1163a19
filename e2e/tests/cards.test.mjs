// Cards as the print shop gets them: a class is issued its codes, the page is printed to PDF, and an independent
// decoder reads every code from the pixels of the pages, as a scanner would from the paper.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { axe, launch, open, overflow } from '../lib/browser.mjs'
import { codesOf, rasterise, wordsOf } from '../lib/paper.mjs'
import { start } from '../lib/server.mjs'

/** Names as schools have them: short, long, of rare signs, with dots, in letters. */
const NAMES = [
  '王小明',
  '欧阳上官文静',
  '阿卜杜热西提·阿卜杜热合曼江',
  '买买提·吐尔逊·阿不都热依木江·艾合买提·伊敏',
  '𠮷野䶮喆㛃',
  'Maria del Carmen Fernandez-Gutierrez',
  '长'.repeat(40),
  '李雷',
  '韩梅梅',
  '司马相如',
  '诸葛孔明',
  '尼玛次仁卓嘎',
  '王伟',
]
const CLASS = '七年级(21)班·国际部双语融合教育实验班'
const MODULES = 45
let browser
let server
let page
let school
let classId
let expected

before(async () => {
  server = await start({ pupils: 220, days: 1 })
  browser = await launch()
  page = await open(browser, { base: server.base, user: 'admin' })
  school = (await call('GET', '/api/v1/session')).schools[0].id
  const rows = NAMES.map((name, n) => `${name},2026${String(9900 + n)},${CLASS}`)
  await importList(['姓名,学号,班级', ...rows].join('\r\n'))
  const { items } = await call('GET', `/api/v1/schools/${school}/classes`)
  classId = items.find((of) => of.name === CLASS).id
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

async function call(method, path, data) {
  const answer = await page.request.fetch(path, { method, data })
  assert.ok(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`)
  return answer.json()
}

async function importList(text) {
  await page.goto('/admin/import')
  const file = { name: '新生.csv', mimeType: 'text/csv', buffer: Buffer.from(text) }
  await page.locator('input[type=file]').first().setInputFiles(file)
  await page.waitForURL(/\/import\/[0-9a-f-]{36}/)
  await page.getByRole('button', { name: /确认并执行/ }).click()
  await page.getByRole('dialog').locator('button[type=submit]').click()
  await page.locator('.done').waitFor({ timeout: 20_000 })
}

async function tick(name, on) {
  const box = page.getByRole('checkbox', { name })
  if ((await box.isChecked()) !== on) await page.locator('.el-checkbox', { hasText: name }).click()
}

async function pdf() {
  await page.emulateMedia({ media: 'print' })
  const bytes = await page.pdf({ preferCSSPageSize: true, printBackground: false })
  await page.emulateMedia({ media: 'screen' })
  return bytes
}

/** Each card of the server once, no other, large enough and with its border of white. */
async function prove(bytes, dpi) {
  const found = []
  for (const picture of await rasterise(bytes, dpi)) found.push(...(await codesOf(picture)))
  assert.deepEqual(
    found.map((code) => code.text).sort(),
    [...expected].sort(),
    `${dpi} dpi: each card exactly once`,
  )
  for (const { level, mm } of found) {
    assert.equal(level, 'Q', 'a scratched card can still be read')
    const module = mm.width / MODULES
    assert.ok(mm.width >= 20 && mm.height >= 20, `${dpi} dpi: ${JSON.stringify(mm)}`)
    assert.ok(Math.abs(mm.width - mm.height) < 0.6, `${dpi} dpi: a code is square: ${JSON.stringify(mm)}`)
    // Half a module less is what the dots of 150 dpi can hide.
    assert.ok(mm.quiet >= 3.5 * module, `${dpi} dpi: ${mm.quiet} mm of white, a module is ${module} mm`)
  }
  return found[0].mm
}

test('who has no code is said before printing, and issued to on the spot', async () => {
  await page.goto(`/admin/codes/print?class=${classId}`)
  await page.getByText(`还有 ${NAMES.length} 人没有码`).waitFor()
  await page.getByRole('button', { name: '为他们发码' }).click()
  const dialog = page.getByRole('dialog', { name: '发放个人码' })
  await dialog.getByRole('button', { name: `发 ${NAMES.length} 张码` }).click()
  await dialog.getByRole('button', { name: '打印这一批' }).click()
  await page.waitForURL(/batch=/)
  await page.getByText('刚发的一批').waitFor()
  assert.equal(await page.getByText('人没有码').count(), 0)
})

test('a sheet of A4 is read from its pixels, fronts and backs', async (t) => {
  await page.getByRole('button', { name: '显示要打印的码' }).click()
  await page.locator('.id-card').first().waitFor()
  const sheet = await call('GET', `/api/v1/schools/${school}/credentials/sheet?class=${classId}`)
  expected = sheet.items.map((card) => card.text)
  assert.equal(expected.length, NAMES.length)
  await page.getByText(`共 ${NAMES.length} 张卡，需要 A4 纸 2 张。`).waitFor()
  assert.deepEqual([...page.errors, ...(await overflow(page)), ...(await axe(page))], [])

  const one = await pdf()
  const pages = await wordsOf(one)
  assert.equal(pages.length, 2, 'ten cards, then three, and no empty page')
  for (const { width, height } of pages) {
    assert.ok(Math.abs(width - 210) < 0.5 && Math.abs(height - 297) < 0.5, `${width} × ${height} mm`)
  }
  for (const dpi of [300, 150]) t.diagnostic(`A4 at ${dpi} dpi: ${JSON.stringify(await prove(one, dpi))}`)

  await tick('印背面', true)
  await page.getByText('需要 A4 纸 2 张（正反共 4 页）').waitFor()
  const both = await wordsOf(await pdf())
  assert.deepEqual(
    both.map(({ words }) => words.includes('拾到此卡')),
    [false, true, false, true],
  )
  await tick('印背面', false)
})

test('no name, class or number is cut, whatever its length', async () => {
  const cut = await page.evaluate(() =>
    [...document.querySelectorAll('.id-card')].flatMap((card) => {
      const inside = (of, box) =>
        of.left >= box.left - 0.5 &&
        of.right <= box.right + 0.5 &&
        of.top >= box.top - 0.5 &&
        of.bottom <= box.bottom + 0.5
      const [frame, code] = [card, card.querySelector('.qr-box')].map((of) => of.getBoundingClientRect())
      const lines = [...card.querySelectorAll('.fit span')].map((line) => {
        const range = document.createRange()
        range.selectNodeContents(line)
        return { words: line.textContent, box: range.getBoundingClientRect() }
      })
      const over = (of) =>
        of.right > code.left && of.left < code.right && of.bottom > code.top && of.top < code.bottom
      return lines.filter(({ box }) => !inside(box, frame) || over(box)).map(({ words }) => words)
    }),
  )
  assert.deepEqual(cut, [])
  const shown = (await page.locator('.id-card .name').allTextContents()).map((name) => name.replaceAll(/\s/g, ''))
  assert.deepEqual(shown.sort(), NAMES.map((name) => name.replaceAll(/\s/g, '')).sort())
  const words = (await wordsOf(await pdf())).map((of) => of.words.replaceAll(/\s/g, '')).join('')
  for (const name of ['王小明', '欧阳上官文静', '𠮷野䶮喆㛃', '韩梅梅']) assert.ok(words.includes(name), name)
})

test('a card printer gets one card a page, of the size of a card', async (t) => {
  await page.locator('.el-radio', { hasText: '制卡机' }).click()
  await page.getByText(`共 ${NAMES.length} 张卡，每页 1 张。`).waitFor()
  const bytes = await pdf()
  const pages = await wordsOf(bytes)
  assert.equal(pages.length, NAMES.length, 'no empty page between the cards')
  for (const { width, height } of pages) {
    assert.ok(Math.abs(width - 85.6) < 0.4 && Math.abs(height - 53.98) < 0.4, `${width} × ${height} mm`)
  }
  for (const dpi of [300, 150]) t.diagnostic(`CR80 at ${dpi} dpi: ${JSON.stringify(await prove(bytes, dpi))}`)
  await tick('印背面', true)
  assert.equal((await wordsOf(await pdf())).length, 2 * NAMES.length)
  await tick('印背面', false)
})

test('a photo does not take room from the code', async () => {
  const picture = await page.screenshot({ clip: { x: 0, y: 0, width: 140, height: 180 } })
  const { items } = await call('GET', `/api/v1/schools/${school}/credentials/sheet?class=${classId}`)
  for (const { person } of items.slice(0, 7)) {
    const path = `/api/v1/schools/${school}/people/${person}/photo`
    const answer = await page.request.put(path, { data: picture, headers: { 'content-type': 'image/png' } })
    assert.ok(answer.ok(), `${answer.status()} ${await answer.text()}`)
  }
  await page.goto(`/admin/codes/print?class=${classId}`)
  await page.locator('.el-radio', { hasText: 'A4' }).click()
  await tick('印照片', true)
  await page.getByRole('button', { name: '显示要打印的码' }).click()
  await page.waitForFunction(
    () =>
      [...document.querySelectorAll('.id-card img')].filter((of) => of.complete && of.naturalWidth).length === 7,
  )
  await prove(await pdf(), 300)
  const low = await page.evaluate(
    () =>
      [...document.querySelectorAll('.id-card')].filter((card) => {
        const [who, frame] = [card.querySelector('.who'), card].map((of) => of.getBoundingClientRect())
        const footer = card.querySelector('footer .fit').getBoundingClientRect()
        return who.bottom > footer.top + 0.5 || who.top < frame.top
      }).length,
  )
  assert.equal(low, 0, 'words and photo stay above the last line')
  await tick('印照片', false)
  assert.deepEqual(page.errors, [])
})

test('a sign that this computer can not draw is said before it is printed as a box', async () => {
  const { items } = await call('GET', `/api/v1/schools/${school}/credentials/sheet?class=${classId}`)
  await page.goto(`/admin/codes/print?class=${classId}`)
  const answer = `**/credentials/sheet?*`
  await page.route(answer, (route) => {
    const [first, ...others] = items
    return route.fulfill({ json: { items: [{ ...first, name: '王\u{323af}' }, ...others], total: items.length } })
  })
  await page.getByRole('button', { name: '显示要打印的码' }).click()
  const said = await page.getByText('会印成方框').innerText()
  assert.match(said, /会印成方框：\u{323af}。/u, 'this one, and none of the rare signs that have a picture')
  await page.unroute(answer)
})

test('chosen cards are printed alone, and each sheet is one line of the trail', async () => {
  const sheet = await call('GET', `/api/v1/schools/${school}/credentials/sheet?class=${classId}`)
  const chosen = sheet.items.slice(3, 5)
  const before = await trail()
  await page.goto(`/admin/codes/print?ids=${chosen.map((card) => card.credential).join(',')}`)
  await page.getByRole('button', { name: '显示要打印的码' }).click()
  await page.getByText('共 2 张卡').waitFor()
  expected = chosen.map((card) => card.text)
  await prove(await pdf(), 300)
  assert.equal((await trail()) - before, 1)
})

test('a whole school takes several answers of the server: each card once, in the order of classes', async () => {
  const all = await wholeSheet()
  assert.ok(all.length > 200, `${all.length} cards are more than one answer`)
  expected = all.map((card) => card.text)
  const before = await trail()
  await page.goto('/admin/codes/print')
  await page.locator('.el-radio', { hasText: '全校' }).click()
  await page.getByRole('button', { name: '显示要打印的码' }).click()
  await page.getByText(`共 ${all.length} 张卡，需要 A4 纸 ${Math.ceil(all.length / 10)} 张。`).waitFor()
  assert.equal((await trail()) - before, 1, 'one line for all answers')
  await prove(await pdf(), 150)

  await tick('每个班另起一页', true)
  const mixed = await page.evaluate(() =>
    [...document.querySelectorAll('.paper')].map(
      (of) => new Set([...of.querySelectorAll('.who .of-class')].map((name) => name.textContent)).size,
    ),
  )
  assert.ok(mixed.length > Math.ceil(all.length / 10) && mixed.every((classes) => classes <= 1), String(mixed))
  await tick('每个班另起一页', false)
})

async function wholeSheet() {
  const cards = []
  let next = ''
  do {
    const sheet = await call('GET', `/api/v1/schools/${school}/credentials/sheet?limit=50${next}`)
    cards.push(...sheet.items)
    next = sheet.next && `&cursor=${sheet.next}`
  } while (next)
  return cards
}

async function trail() {
  const { items } = await call('GET', `/api/v1/schools/${school}/audit?limit=200`)
  return items.filter((line) => line.action === 'codes.print').length
}
