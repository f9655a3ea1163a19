// A real Chromium, signed in as somebody of the demo school. Everything a test or a look at a page begins with.
import { createHmac } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'

export const PASSWORD = 'yitong-demo-2026'
const TOTP_KEY = Buffer.from('yitong-demo-totp-key')
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What people hold in their hands. */
export const SIZES = {
  phone: { width: 390, height: 844 },
  terminal: { width: 1024, height: 600 },
  desktop: { width: 1366, height: 768 },
}

/** A phone's own browser: pages for phones ask what they are shown in. */
export const ANDROID =
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 ' +
  'Mobile Safari/537.36'

const PLACES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].map(
  (name) => `/usr/bin/${name}`,
)

/** `more`: switches for this browser alone, such as those of `fakeCamera`. */
export async function launch(more = []) {
  const executablePath = process.env.YITONG_CHROMIUM ?? PLACES.find((file) => existsSync(file))
  if (!executablePath) throw new Error(`Chromium is needed: install it, or set YITONG_CHROMIUM to its path`)
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ]
  return chromium.launch({ executablePath, args: [...args, ...more] })
}

/** Cameras that show a film, or Chromium's own picture; without `allow` the browser refuses them, as a person might. */
export function fakeCamera({ film, cameras = 1, allow = true }) {
  const device = `--use-fake-device-for-media-stream=device-count=${cameras}`
  const ui = allow ? ['--use-fake-ui-for-media-stream'] : []
  return [device, ...ui, ...(film ? [`--use-file-for-fake-video-capture=${film}`] : [])]
}

/** The code of now (RFC 6238) of the demo's second factor, or of another key. */
export function totp(key = TOTP_KEY, now = Date.now()) {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 30_000)))
  const mac = createHmac('sha1', key).update(counter).digest()
  const at = mac[19] & 15
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

/**
 * A page of its own context. `user` signs in by the API first; errors of the page are collected in `page.errors`.
 * @param {{ base: string, user?: string, password?: string, lang?: 'zh' | 'en',
 *   size?: keyof typeof SIZES, agent?: string }} how
 */
export async function open(browser, { base, user, password = PASSWORD, lang = 'zh', size = 'desktop', agent }) {
  const context = await browser.newContext({
    viewport: SIZES[size],
    baseURL: base,
    locale: lang === 'zh' ? 'zh-CN' : 'en-GB',
    timezoneId: 'Asia/Shanghai',
    hasTouch: size === 'phone',
    userAgent: agent,
    acceptDownloads: true,
  })
  await context.addInitScript((lang) => localStorage.setItem('yitong.locale', lang), lang)
  if (user) {
    const body = { username: user, password, totp: user.startsWith('finance') ? totp() : null }
    const answer = await context.request.post('/api/v1/session', { data: body })
    if (!answer.ok()) throw new Error(`${user} can't sign in: ${answer.status()} ${await answer.text()}`)
    await context.request.put('/api/v1/session/locale', { data: { locale: lang } })
  }
  const page = await context.newPage()
  page.errors = []
  page.on('pageerror', (error) => page.errors.push(String(error)))
  page.on('console', (said) => said.type() === 'error' && page.errors.push(said.text()))
  return page
}

/** Violations of WCAG 2 A and AA, one line each. */
export async function axe(page) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axeSource)
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }),
  )
  return violations.map((v) => `${v.id} ×${v.nodes.length}: ${v.help} — ${v.nodes[0].html.slice(0, 160)}`)
}

/** What sticks out of the screen at the side: the page itself must never scroll sideways. */
export async function overflow(page) {
  return page.evaluate(() => {
    const wide = document.documentElement.scrollWidth - window.innerWidth
    return wide > 0 ? [`the page is ${wide} px wider than the screen`] : []
  })
}
