// Who stands behind a child, and who decides it: a guardian without a paper asks the school, is refused and approved; a
// second one has fewer rights until the first gives them; the school locks one out and lets one in again.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { launch } from '../lib/browser.mjs'
import { guardian } from '../lib/family.mjs'
import { office as officeOf } from '../lib/office.mjs'
import { start } from '../lib/server.mjs'

let browser
let server
let office
let mother
let father
let paper

before(async () => {
  server = await start()
  browser = await launch()
  office = await officeOf(browser, server)
  ;[paper] = await office.papers('七年级7班')
  mother = await guardian(browser, { server, number: '13900139101' })
  father = await guardian(browser, { server, number: '13900139102', lang: 'en' })
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

/** Asks without a paper; what is left out is asked for beside its field first. */
async function askSchool(number) {
  const { page, field, go, says, sound } = mother
  await go('/bind/ask')
  await field('school').fill('没有这所')
  await says('没有找到，请换个名称试试。')
  await field('school').fill('榕城')
  await page.getByRole('button', { name: '榕城实验中学' }).click()
  await page.locator('button[type=submit]').click()
  await says('请输入孩子姓名')
  await sound('what is missing')
  await field('name').fill(paper.name)
  await field('number').fill(number)
  await field('message').fill('通知单丢了')
  await page.getByRole('radio', { name: '母亲', exact: true }).check()
  for (const one of await page.locator('article').all()) {
    await one.getByRole('radio', { name: '同意', exact: true }).check()
  }
  await page.locator('button[type=submit]').click()
  await page.getByRole('heading', { name: '等待学校审批' }).waitFor()
}

test('without a paper the school is asked, and refuses with words', async () => {
  await mother.signIn()
  await askSchool('20269999')
  await mother.sound('waiting for the school')
  await mother.go()
  await mother.says('待审批')
  await mother.sound('home while the school is asked')
  await office.answerBinding(false, '学号有误，请核对后重新申请')
  await mother.go()
  await mother.page.getByRole('link', { name: /未通过/ }).click()
  await mother.page.getByRole('heading', { name: '学校没有通过' }).waitFor()
  await mother.says('学号有误，请核对后重新申请')
  await mother.sound('refused')
  await mother.button('撤回并删除').click()
  await mother.page.getByRole('alertdialog').getByRole('button', { name: '撤回并删除' }).click()
  await mother.says('还没有绑定孩子')
})

test('asked again with the right number, it is approved, and the child is there', async () => {
  await askSchool(paper.number)
  await office.answerBinding(true, '已与班主任核实')
  await mother.button('刷新状态').click()
  await mother.page.getByRole('heading', { name: '已绑定' }).waitFor()
  await mother.sound('approved')
  await mother.go()
  await mother.says('余额')
})

test('a second guardian may less, until the first gives it', async () => {
  await father.signIn()
  await father.bind(paper)
  const { binding, rights } = (await father.ask('/session')).children[0]
  assert.deepEqual(rights, { see: true, pay: true, control: false })
  for (const [path, words] of [
    ['control', 'You may not manage this child'],
    ['limits', 'You can look; to change something takes the right to control'],
    ['guardians', 'Only a guardian with the right to control'],
  ]) {
    await father.go(`/children/${binding}/${path}`)
    await father.says(words)
    await father.sound(`${path} without the right`)
  }
  const first = (await mother.ask('/session')).children[0].binding
  await mother.go(`/children/${first}/guardians`)
  const control = mother.page.getByRole('switch', { name: /管理/ })
  await control.click()
  await mother.says('已保存')
  await mother.sound('the guardians')
  await father.go(`/children/${binding}/control`)
  await father.button('Freeze the account').waitFor()
})

test('whom the school locks out sees nothing of the child, and comes back as before', async () => {
  const { binding } = (await father.ask('/session')).children[0]
  await office.lock('13900139102', '（2026）榕民初 1 号')
  await father.go()
  assert.equal(await father.page.getByText(paper.name).count(), 0)
  await father.sound('home of one who is locked out')
  await father.go(`/children/${binding}/topup`)
  await father.page
    .locator('main')
    .getByText(/There is no such child|locked/)
    .waitFor()
  await father.sound('a child that was locked')
  await office.lock('13900139102', '裁定已撤销')
  await father.go()
  await father.says('Balance')
})
