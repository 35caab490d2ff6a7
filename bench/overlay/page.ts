import type { Browser, Page } from '@playwright/test'
import { inPage } from './inPage.ts'

/**
 * Opens the app's page and waits until its overlay is drawn. Uses the canvas drawer for tiles: it is faster in
 * software.
 */
export async function openPage(browser: Browser, link: string): Promise<Page> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  await page.addInitScript(inPage)
  await page.goto(link)
  await page.goto(`${new URL(link).origin}/?drawer=canvas`)
  await page.waitForSelector('[data-testid=overlay]:not([data-level=none])', { timeout: 60_000 })
  return page
}

/** Waits until everything in view is loaded and nothing moves. */
export async function settle(page: Page): Promise<void> {
  await page.waitForTimeout(400)
  await page.waitForSelector('[data-testid=overlay][data-waiting="0"]', { timeout: 30_000 })
  for (let before = -1, now = 0; before !== now;) {
    before = now
    await page.waitForTimeout(600)
    now = await page.evaluate<number>('overlayBench.frames')
  }
}

/**
 * Returns the overlay's frames per second while the slide is dragged in circles, timed until the last frame is drawn.
 */
export async function framesWhilePanning(page: Page, seconds: number): Promise<number> {
  const box = await page.getByTestId('stage').boundingBox()
  if (!box) throw new Error('The page has no stage.')
  const [x, y, radius] = [box.x + box.width / 2, box.y + box.height / 2, 120]
  await page.mouse.move(x + radius, y)
  await page.mouse.down()
  const clock = () =>
    page.evaluate<{ at: number; frames: number }>('({ frames: overlayBench.frames, at: overlayBench.finish() })')
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

/**
 * Returns the ms until the nucleus under the mouse is shown: the third slowest of 64, as two may coincide with other
 * work.
 */
export async function slowPick(page: Page): Promise<number> {
  const times = await page.evaluate<number[]>('overlayBench.picks()')
  return times.sort((a, b) => b - a)[2]
}

/** Returns the milliseconds until all nuclei are drawn in other colours. */
export const recolour = (page: Page, by: string): Promise<number> => page.evaluate(`overlayBench.recolour('${by}')`)

/** Returns the memory of the page's scripts after a garbage collection, including typed arrays, MB. */
export async function heapMB(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const usage = (await session.send('Runtime.getHeapUsage')) as { usedSize: number; backingStorageSize?: number }
  await session.detach()
  return (usage.usedSize + (usage.backingStorageSize ?? 0)) / 1e6
}
