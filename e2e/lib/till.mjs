// A cashier at the counter, and the people who come to it.
import { randomUUID } from 'node:crypto'
import { open } from './browser.mjs'

/** The counter, signed in, at a stall that sells in all of these modes; `fits` may want more of the stall. */
export async function counter(browser, base, modes, prepare = async () => {}, fits = () => true) {
  for (let n = 1; n <= 6; n += 1) {
    const till = await open(browser, { base, user: `cashier${n}`, size: 'terminal' })
    await prepare(till)
    await till.goto('/counter/')
    await till.locator('.till').waitFor()
    const stall = await stallOf(till)
    if (modes.every((mode) => stall.modes.includes(mode)) && fits(stall)) return { till, stall }
    await till.context().close()
  }
  throw new Error(`no cashier of the demo sells by ${modes}`)
}

const stallOf = (till) =>
  till.evaluate(async () => {
    const of = async (path) => (await fetch(path)).json()
    const school = (await of('/api/v1/session')).schools[0].id
    return of(`/api/v1/schools/${school}/counter/${localStorage.getItem('yitong.stall')}`)
  })

/** The codes that the page sent to be paid with, as they come. */
export function sent(page) {
  const texts = []
  page.on('request', (asked) => {
    if (asked.method() !== 'PUT' || !/\/purchases\/[0-9a-f-]+$/.test(asked.url())) return
    texts.push(asked.postDataJSON().payer.code)
  })
  return texts
}

/** New pupils with a code and ¥30 each: nothing that they did before can stand in their way. */
export async function holders(browser, base, many) {
  const office = await open(browser, { base, user: 'admin' })
  const ask = async (method, path, data) => {
    const answer = await office.request[method](`/api/v1${path}`, data && { data })
    if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`)
    return answer.json()
  }
  const school = `/schools/${(await ask('get', '/session')).schools[0].id}`
  const [{ id: of }] = (await ask('get', `${school}/classes`)).items
  const expires_on = new Date(Date.now() + 200 * 86_400_000).toISOString().slice(0, 10)
  const found = []
  for (let n = 0; n < many; n += 1) {
    const name = `试${'甲乙丙丁戊己庚辛'[n]}`
    const { id } = await ask('post', `${school}/people`, {
      kind: 'student',
      name,
      number: `2026880${n}`,
      class: of,
    })
    await ask('post', `${school}/credentials/issue`, { person: id, expires_on })
    const [credential] = (await ask('get', `${school}/credentials?person=${id}`)).items
    await ask('put', `${school}/topups/${randomUUID()}`, { person: id, amount: { fen: 3000 }, note: null })
    const { text } = await ask('get', `${school}/credentials/${credential.id}/code`)
    found.push({ id, name, code: text })
  }
  await office.context().close()
  return found
}
