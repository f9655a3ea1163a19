// A pretend agent: serves the built pages on loopback, streams views, takes acts; it can vanish and come back.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Counter } from './kioskCounter.mjs'
import { forCustomer } from './kioskViews.mjs'

const DIST = fileURLToPath(new URL('../../web/dist/kiosk', import.meta.url))
const CLIPS = fileURLToPath(new URL('../../web/src/kiosk/clips', import.meta.url))
const TOKEN = 'pretend'
const KINDS = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.ogg': 'audio/ogg',
  '.json': 'application/json',
}
/** What the real one sends with its pages: nothing from elsewhere. */
const POLICY =
  "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'"
const FACE = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><rect width="100" height="100" fill="#c7d7fe"/>
<circle cx="50" cy="38" r="20" fill="#7a5195"/><path d="M14 100a36 36 0 0 1 72 0z" fill="#2f4b7c"/></svg>`

export async function pretend() {
  const streams = new Set()
  /** Every act as it arrived, repeats too. */
  const posted = []
  let away = false
  const customers = () => [...streams].filter((of) => of.side === 'customer').length
  const counter = new Counter((view) => streams.forEach((of) => of.send(view)))

  function stream(answer, side) {
    answer.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    let version = null
    const of = {
      answer,
      side,
      send(view) {
        const seen = side === 'operator' ? { ...view, customer_screen: customers() > 0 } : forCustomer(view)
        if (version === view.dishes_version) delete seen.dishes
        version = view.dishes_version
        answer.write(`data: ${JSON.stringify(seen)}\n\n`)
      },
    }
    streams.add(of)
    answer.on('close', () => streams.delete(of))
    of.send(counter.view)
  }

  async function acts(asked, answer) {
    const parts = []
    for await (const part of asked) parts.push(part)
    const named = JSON.parse(Buffer.concat(parts))
    posted.push(named)
    answer.writeHead(202).end()
    counter.take(named)
  }

  function file(answer, path, folder = DIST) {
    try {
      const bytes = readFileSync(join(folder, normalize(path)))
      answer.writeHead(200, {
        'content-type': KINDS[extname(path)] ?? 'text/plain',
        'content-security-policy': POLICY,
      })
      answer.end(bytes)
    } catch {
      answer.writeHead(404).end()
    }
  }

  const server = createServer((asked, answer) => {
    const url = new URL(asked.url, 'http://127.0.0.1')
    const path = url.pathname
    if (away) return void asked.socket.destroy()
    if (path === '/operator/' || path === '/customer/') return file(answer, 'index.html')
    if (path.startsWith('/kiosk/')) return file(answer, path.slice('/kiosk/'.length))
    if (url.searchParams.get('token') !== TOKEN) return void answer.writeHead(401).end()
    if (path === '/api/view') return stream(answer, url.searchParams.get('screen'))
    if (path === '/api/acts' && asked.method === 'POST') return void acts(asked, answer)
    if (path.startsWith('/api/clips/')) return file(answer, path.slice('/api/clips/'.length), CLIPS)
    if (path.startsWith('/api/photos/'))
      return void answer.writeHead(200, { 'content-type': 'image/svg+xml' }).end(FACE)
    answer.writeHead(404).end()
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  const base = `http://127.0.0.1:${server.address().port}`

  return {
    base,
    counter,
    posted,
    acts: (type) => posted.filter((of) => of.act.type === type),
    address: (side, more = '') => `${base}/${side}/?token=${TOKEN}${more}`,
    show: (patch) => counter.show(patch),
    /** As if its process had ended. */
    vanish() {
      away = true
      for (const of of streams) of.answer.destroy()
      server.closeAllConnections()
    },
    comeBack: () => void (away = false),
    async stop() {
      counter.stop()
      for (const of of streams) of.answer.destroy()
      server.closeAllConnections()
      await new Promise((done) => server.close(done))
    },
  }
}
