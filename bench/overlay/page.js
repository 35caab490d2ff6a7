import { inPage } from './inPage.js'
/** The app's page with its overlay drawn. Tiles by the canvas drawer, which software renders faster. */
export async function openPage(browser, link) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  await page.addInitScript(inPage)
  await page.goto(link)
  await page.goto(`${new URL(link).origin}/?drawer=canvas`)
  await page.waitForSelector('[data-testid=overlay]:not([data-level=none])', { timeout: 60_000 })
  return page
}
/** Waits until all that the view draws has come and nothing moves any more. */
export async function settle(page) {
  await page.waitForTimeout(400)
  await page.waitForSelector('[data-testid=overlay][data-waiting="0"]', { timeout: 30_000 })
  for (let before = -1, now = 0; before !== now;) {
    before = now
    await page.waitForTimeout(600)
    now = await page.evaluate('overlayBench.frames')
  }
}
/** Overlay frames a second while a hand drags the slide in circles. The clock stops when the last frame is on the canvas. */
export async function framesWhilePanning(page, seconds) {
  const box = await page.getByTestId('stage').boundingBox()
  if (!box) throw new Error('The page has no stage.')
  const [x, y, radius] = [box.x + box.width / 2, box.y + box.height / 2, 120]
  await page.mouse.move(x + radius, y)
  await page.mouse.down()
  const clock = () => page.evaluate('({ frames: overlayBench.frames, at: overlayBench.finish() })')
  const began = await clock()
  const until = performance.now() + 1000 * seconds
  for (let angle = 0; performance.now() < until; angle += 0.06) {
    await page.mouse.move(x + radius * Math.cos(angle), y + radius * Math.sin(angle))
    await new Promise((resolve) => setTimeout(resolve, 8))
  }
  const ended = await clock()
  await page.mouse.up()
  return (1000 * (ended.frames - began.frames)) / (ended.at - began.at)
}
/** Milliseconds until the nucleus under the mouse is shown: of 64 places the third slowest, two may meet other work. */
export async function slowPick(page) {
  const times = await page.evaluate('overlayBench.picks()')
  return times.sort((a, b) => b - a)[2]
}
/** Milliseconds until all nuclei are drawn in other colours. */
export const recolour = (page, by) => page.evaluate(`overlayBench.recolour('${by}')`)
/** MB that the page's scripts hold, typed arrays included, after a garbage collection. */
export async function heapMB(page) {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const usage = await session.send('Runtime.getHeapUsage')
  await session.detach()
  return (usage.usedSize + (usage.backingStorageSize ?? 0)) / 1e6
}
//# sourceMappingURL=page.js.map
