import { listening } from './listening.js'
const orders = ['queue', 'uncertain', 'class']
/** Pixels that a wheel turns at a time, by a hand that looks and by one that searches. */
const turns = [20, 80]
const interval = 1000 / 60 // ms between turns: what browsers make of a wheel's notches, and a touchpad of fingers
const seconds = 3
/** Opens the gallery of the page's slide, asks for its nuclei in every order, and scrolls through all of them. */
export async function measureReview(page, origin, nuclei) {
  await page.keyboard.press('Shift+G')
  await page.waitForSelector('[data-testid=gallery] [data-testid=thumbnail][data-nucleus]')
  const host = listening(origin)
  const measured = []
  for (const order of orders) {
    const one = [await listed(page, order), await listed(page, order)]
    measured.push({ order, seconds: Math.max(...one) / 1000 })
  }
  const waits = await host.stop()
  const scrolling = []
  for (const turn of turns) scrolling.push(await scrolled(page, turn))
  return { nuclei, orders: measured, ...waits, scrolling }
}
const listed = (page, order) => page.evaluate(`overlayBench.listed('${order}')`)
async function scrolled(page, turn) {
  const box = await page.getByTestId('gallery').boundingBox()
  if (!box) throw new Error('The page has no gallery.')
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  await page.mouse.wheel(0, turn)
  await page.waitForTimeout(500)
  await page.evaluate('overlayBench.watchScrolling()')
  const began = performance.now()
  for (let turns = 1; performance.now() < began + 1000 * seconds; turns++) {
    await page.mouse.wheel(0, turn)
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, began + interval * turns - performance.now())))
  }
  return page.evaluate('overlayBench.scrolled()')
}
export const reviewInWords = ({ nuclei, orders, hostP99Ms, hostSlowestMs, scrolling }) => [
  `${nuclei.toLocaleString('en')} nuclei to look through: ${orders
    .map(({ order, seconds }) => `${order} shown after ${seconds.toFixed(1)} s`)
    .join(', ')}; other requests waited ${hostP99Ms.toFixed(0)} ms (p99), ${hostSlowestMs.toFixed(0)} ms at most`,
  ...scrolling.map(
    ({ pixelsPerSecond, fps, pictured }) =>
      `gallery of ${nuclei.toLocaleString('en')} scrolled at ${pixelsPerSecond.toFixed(0)} pixels a second: ${fps.toFixed(1)} frames a second, ${(100 * pictured).toFixed(0)} % of thumbnails pictured`,
  ),
]
//# sourceMappingURL=review.js.map
