// The demo's own sandbox of the payment and message channels, as a test's hand. A person has its pages.

export function sandboxAt(address) {
  async function ask(path, method = 'GET', body = undefined) {
    const answer = await fetch(address + path, { method, body: body && JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
    return answer.json()
  }
  return {
    address,
    /** The newest code that was sent to this number after `since` codes. */
    async codeFor(phone, since = 0) {
      for (let tries = 0; tries < 100; tries += 1) {
        const { messages } = await ask(`/messages?to=${phone}`)
        const codes = messages.filter((of) => of.fields.code)
        if (codes.length > since) return codes[0].fields.code
        await new Promise((done) => setTimeout(done, 100))
      }
      throw new Error(`no code was sent to ${phone}`)
    },
    /** As the payer: `pay`, `fail` or `abandon` the order of this number. */
    payer: (number, deed) => ask(`/orders/${number}/${deed}`, 'POST'),
    /** What goes wrong from now on, and nothing else; without names everything is well. */
    faults: (of = {}) => ask('/faults', 'PUT', of),
  }
}
