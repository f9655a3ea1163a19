// An SMS provider on this machine that sends nothing: it keeps the last code of each number.
import { createServer } from 'node:http'

/** Aliyun's `SendSms`, as far as our connector needs its answer; whether requests are signed well is tested in Rust. */
export async function openSms() {
  const codes = new Map()
  const server = createServer((request, response) => {
    const query = new URL(request.url, 'http://localhost').searchParams
    const said = JSON.parse(query.get('TemplateParam') ?? '{}')
    if (said.code) codes.set((query.get('PhoneNumbers') ?? '').replace(/^(\+?86)/, ''), said.code)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ Code: 'OK', Message: 'OK', BizId: '1', RequestId: '1' }))
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const base = `http://127.0.0.1:${server.address().port}`
  return {
    /** How the office sets the channel up. */
    account: {
      provider: 'aliyun',
      on: true,
      templates: { sign_in_code: { id: 'SMS_1', fields: { code: '{code}' } } },
      config: { base_url: base, access_key_id: 'id', access_key_secret: 'secret', sign_name: '一通' },
    },
    /** The code that was sent to this number, once. */
    async codeFor(phone) {
      for (let tries = 0; tries < 100; tries += 1) {
        const code = codes.get(phone)
        if (code) return (codes.delete(phone), code)
        await new Promise((done) => setTimeout(done, 100))
      }
      throw new Error(`no code was sent to ${phone}`)
    },
    close: () => new Promise((done) => server.close(done)),
  }
}
