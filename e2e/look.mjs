// Looks at pages as a person would: screenshots in both languages at every size, with what is wrong beside them.
// node look.mjs --base http://127.0.0.1:8600 --user admin --out shots people=/admin/people codes=/admin/codes
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { SIZES, axe, launch, open, overflow } from './lib/browser.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    base: { type: 'string', default: 'http://127.0.0.1:8600' },
    user: { type: 'string', default: 'admin' },
    out: { type: 'string', default: 'shots' },
    sizes: { type: 'string', default: 'phone,terminal,desktop' },
    langs: { type: 'string', default: 'zh,en' },
    full: { type: 'boolean', default: false },
  },
})
mkdirSync(values.out, { recursive: true })
const browser = await launch()
for (const lang of values.langs.split(',')) {
  for (const size of values.sizes.split(',').filter((size) => size in SIZES)) {
    const page = await open(browser, { base: values.base, user: values.user || undefined, lang, size })
    for (const named of positionals) {
      const [name, path] = named.split(/=(.*)/)
      page.errors.length = 0
      await page.goto(path, { waitUntil: 'load' })
      // Live pages never go quiet: wait a little, not for silence.
      await page.waitForLoadState('networkidle', { timeout: 4000 }).catch(() => {})
      await page.waitForTimeout(400)
      const file = join(values.out, `${name}-${size}-${lang}.png`)
      await page.screenshot({ path: file, fullPage: values.full })
      const wrong = [...page.errors, ...(await overflow(page)), ...(await axe(page))]
      console.log(`${file}${wrong.length ? `\n  ${wrong.join('\n  ')}` : ''}`)
    }
    await page.context().close()
  }
}
await browser.close()
