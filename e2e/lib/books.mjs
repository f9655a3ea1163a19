// The office's side of a counter: people with codes and money, terminals with their enrolment codes, and what the
// books say. Through the API, for these tests look at the counter's screens.
import assert from 'node:assert/strict'
import { open } from './browser.mjs'

/** Asks as one of the demo's users. */
async function asking(browser, base, user) {
  const page = await open(browser, { base, user })
  const ask = async (method, path, data, headers) => {
    const answer = await page.request[method](`/api/v1${path}`, { ...(data !== undefined && { data }), headers })
    const text = await answer.text()
    const body = text && /json/.test(answer.headers()['content-type']) ? JSON.parse(text) : text
    return { status: answer.status(), body }
  }
  const good = async (method, path, data) => {
    const { status, body } = await ask(method, path, data)
    assert.ok(status < 300, `${user}: ${method} ${path}: ${status} ${JSON.stringify(body)}`)
    return body
  }
  return { ask, good, close: () => page.context().close() }
}

export async function books(browser, base) {
  const admin = await asking(browser, base, 'admin')
  const finance = await asking(browser, base, 'finance')
  const { schools } = await admin.good('get', '/session')
  const school = `/schools/${schools[0].id}`

  return {
    school,
    admin,
    finance,
    async policy(change) {
      const policy = await admin.good('get', `${school}/policy`)
      change(policy)
      await admin.good('put', `${school}/policy`, policy)
    },
    terminals: async () => (await admin.good('get', `${school}/terminals`)).items,
    terminal: (id) => admin.good('get', `${school}/terminals/${id}`),
    enrolmentCode: (id) => admin.good('post', `${school}/terminals/${id}/codes`, {}),
    dishes: async () => (await admin.good('get', `${school}/dishes?limit=200`)).items,
    /** Balance and arrears of a person, in fen. */
    async money({ id }) {
      const { balance, arrears } = await admin.good('get', `${school}/people/${id}/account`)
      return [balance.fen, arrears.fen]
    },
    /** What was charged to a person and not taken back, in fen. */
    async eaten({ id }) {
      const { items } = await admin.good('get', `${school}/purchases?person=${id}&limit=100`)
      return items.filter((of) => of.status === 'paid').map((of) => of.amount.fen)
    },
    findings: async () => (await finance.good('get', `${school}/offline-findings`)).items,
    async reportLost({ id }) {
      const { items } = await admin.good('get', `${school}/credentials?person=${id}`)
      await admin.good('post', `${school}/credentials/${items[0].id}/report-lost`)
    },
    /** What a journal from a stick would book, or books. */
    loadJournal: (id, text, apply = false) =>
      admin.ask('post', `${school}/terminals/${id}/journal-file?apply=${apply}`, text, {
        'content-type': 'text/plain',
      }),
    /** Every balance, total and root, recomputed from the entries. */
    verify: () => finance.good('post', `${school}/ledger/verifications`, {}),
    close: () => Promise.all([admin.close(), finance.close()]),
  }
}
