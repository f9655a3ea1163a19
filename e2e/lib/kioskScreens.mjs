// The two screens of a terminal in a browser, at the size of their glass.
export const GLASS = { operator: { width: 480, height: 800 }, customer: { width: 600, height: 1024 } }

/** A screen of the pretend agent's terminal; its errors are collected in `page.errors`. */
export async function screen(browser, agent, side, more = '') {
  const context = await browser.newContext({ viewport: GLASS[side], hasTouch: true, timezoneId: 'Asia/Shanghai' })
  const page = await context.newPage()
  page.errors = []
  page.on('pageerror', (error) => page.errors.push(String(error)))
  page.on('console', (said) => said.type() === 'error' && page.errors.push(said.text()))
  await page.goto(agent.address(side, more))
  await page.locator(side === 'operator' ? '.terminal .status' : '.customer').waitFor()
  return page
}

/** What sticks out of the glass, is cut without dots, or is narrower than its words. */
export async function faults(page) {
  return page.evaluate(() => {
    const wrong = []
    const { innerWidth: wide, innerHeight: high } = window
    for (const of of document.querySelectorAll('body *')) {
      const style = getComputedStyle(of)
      if (style.visibility === 'hidden' || of.closest('.visually-hidden, svg')) continue
      const box = of.getBoundingClientRect()
      if (!box.width || !box.height) continue
      const what = `${of.tagName.toLowerCase()}.${of.className} “${of.textContent.trim().slice(0, 30)}”`
      if (box.right > wide + 1 || box.bottom > high + 1 || box.left < -1 || box.top < -1)
        wrong.push(`off the glass: ${what}`)
      const dots = style.textOverflow === 'ellipsis' || style.webkitLineClamp !== 'none'
      if (of.scrollWidth > of.clientWidth + 1 && of.clientWidth && style.overflowX !== 'visible' && !dots) {
        wrong.push(`cut at the side: ${what}`)
      }
      if (of.scrollHeight > of.clientHeight + 2 && of.clientHeight && style.overflowY !== 'visible' && !dots) {
        wrong.push(`cut below: ${what}`)
      }
      if (
        of.tagName === 'BUTTON' &&
        (of.scrollWidth > of.clientWidth + 1 || of.scrollHeight > of.clientHeight + 1)
      ) {
        wrong.push(`too small for its words: ${what}`)
      }
    }
    return wrong
  })
}
