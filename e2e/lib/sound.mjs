// What no page may do to anybody: stand in the way of a screen reader, scroll sideways, speak the other language, show
// the name of a word instead of the word, or be too small to touch. Set YITONG_SHOTS to a folder to see every page.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { axe, overflow } from './browser.mjs'

/** Names that people gave: those of a Chinese school are Chinese in every language. */
const NAMES = new RegExp(
  '^(name|name_mask|short|class|place|period|dishes|number|category|categories|no_buy|allergens|' +
    'known_allergens|text|answer|message|words)$',
)
/** What the server itself says in the reader's language is no name. */
const SAID = /\/(notices|preferences)\b/
/** The browser notes every refusal of the server; refusals are answers. */
const REFUSED = /^Failed to load resource: .* status of 4\d\d /
/** A page that is not there by then will not come. */
const WAIT_MS = 10_000
const SHOTS = process.env.YITONG_SHOTS
let shot = 0

/** From now on `sound(page, …)` knows the language, the smallest thing to touch, and which words are names. */
export function watch(page, { lang = 'zh', touch = 0, named = 'page' } = {}) {
  page.setDefaultTimeout(WAIT_MS)
  page.sound = { lang, touch, named, names: new Set() }
  page.on('response', async (answer) => {
    if (!/json/.test(answer.headers()['content-type'] ?? '') || SAID.test(answer.url())) return
    const told = await answer.json().catch(() => null)
    collect(told, page.sound.names)
  })
  return page
}

function collect(of, into, key = '') {
  if (typeof of === 'string') {
    if (NAMES.test(key)) of.split(/ · |\s/).forEach((part) => into.add(part))
  } else if (Array.isArray(of)) of.forEach((one) => collect(one, into, key))
  else if (of) Object.entries(of).forEach(([name, value]) => collect(value, into, name))
}

/** Nothing on this page may stand in anybody's way. */
export async function sound(page, what) {
  await page.waitForFunction(
    () => !document.querySelector('.waiting[role=status], .el-skeleton, .el-loading-mask'),
    null,
    { timeout: 5000 },
  )
  await still(page)
  const { lang, touch, named, names } = page.sound
  if (SHOTS) {
    mkdirSync(SHOTS, { recursive: true })
    const file = `${String((shot += 1)).padStart(3, '0')}-${named}-${what.replace(/[^\p{L}\d-]+/gu, '-')}.png`
    await page.screenshot({ path: join(SHOTS, file), fullPage: true })
  }
  const found = [...(await axe(page)), ...(await overflow(page)), ...(await tooSmall(page, touch))]
  found.push(...foreign(await words(page), lang, names))
  found.push(...page.errors.filter((text) => !REFUSED.test(text)).map((text) => `the page failed: ${text}`))
  assert.deepEqual(found, [], `${named}: ${what}`)
}

/** What fades in is pale until it is there. What turns for ever is no reason to wait. */
async function still(page) {
  await page.waitForTimeout(150)
  await page.waitForFunction(
    () => !document.getAnimations().some((of) => of.playState === 'running' && of.effect?.getTiming().iterations === 1),
    null,
    { timeout: 5000 },
  )
}

/** Each piece of text that is shown or read aloud. */
function words(page) {
  return page.evaluate(() => {
    const found = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    while (walker.nextNode()) {
      const { data, parentElement: by } = walker.currentNode
      const shown = by.getClientRects().length && !by.closest('script, style, [lang="zh-CN"], textarea')
      if (shown && data.trim()) found.push(data.trim())
    }
    for (const of of document.querySelectorAll('[aria-label], [placeholder], [title]')) {
      for (const name of ['aria-label', 'placeholder', 'title']) {
        if (of.getAttribute(name)) found.push(of.getAttribute(name))
      }
    }
    return found
  })
}

/** The choice of a language is written in that language. */
const OWN_NAME = ['中文', 'English', '语言 Language', 'Language 语言']

function foreign(texts, lang, names) {
  const known = [...names].filter(Boolean).sort((a, b) => b.length - a.length)
  return texts.flatMap((text) => {
    if (OWN_NAME.includes(text)) return []
    if (/^[a-z]+(_[a-z0-9]+)+$/.test(text) || /\{[a-z_]+\}/.test(text)) return [`no words: ${text}`]
    if (/\b(undefined|null|NaN)\b|\[object/.test(text)) return [`no words: ${text}`]
    if (lang !== 'en') return []
    const rest = known.reduce((left, name) => left.replaceAll(name, ''), text)
    return /[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/.test(rest) ? [`not English: ${text}`] : []
  })
}

/** Things to touch below so many pixels, and in large print words below 18. */
export function tooSmall(page, touch) {
  if (!touch) return []
  return page.evaluate((touch) => {
    const shown = (of) => of.getClientRects().length > 0 && !of.closest('.visually-hidden')
    const named = (of) => `${of.tagName}.${of.className} ${of.textContent.trim().slice(0, 30)}`
    const touched = [...document.querySelectorAll('a, button, select, summary, textarea, input, label.choice')]
    const low = touched.flatMap((of) => {
      if (!shown(of) || of.matches('.skip, .choice input, [type=hidden]')) return []
      const { width, height } = of.getBoundingClientRect()
      // A word can be narrow; what is beside it is no other thing to touch.
      const least = of.matches('.textlink') ? 0 : 43.5
      return height < touch - 0.5 || width < least
        ? [`too small to touch: ${Math.round(width)}×${Math.round(height)} ${named(of)}`]
        : []
    })
    const words = [...document.querySelectorAll('body *')].filter(
      (of) =>
        touch >= 60 &&
        shown(of) &&
        [...of.childNodes].some((child) => child.nodeType === 3 && child.data.trim()) &&
        parseFloat(getComputedStyle(of).fontSize) < 18,
    )
    return [...low, ...words.map((of) => `too small to read: ${named(of)}`)].slice(0, 6)
  }, touch)
}
