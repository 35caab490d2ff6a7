import type { Page } from '@playwright/test'
import { measureWaits } from './hostWaits.ts'

/** Cost of reviewing a slide's nuclei in the gallery. */
export interface ReviewRun {
  readonly nuclei: number
  /** Time from choosing an order until all visible thumbnails have their pictures; the slower of two. */
  readonly orders: readonly { readonly order: string; readonly seconds: number }[]
  /** How long other requests waited for the host in the meantime: the 99th percentile and the longest. */
  readonly hostP99Ms: number
  readonly hostSlowestMs: number
  /**
   * Frames per second while a wheel scrolls the gallery of all nuclei, and the share of visible thumbnails with
   * pictures.
   */
  readonly scrolling: readonly { readonly pixelsPerSecond: number; readonly fps: number; readonly pictured: number }[]
}

const orders = ['queue', 'uncertain', 'class'] as const
/** Pixels per turn of the wheel: slow (looking) and fast (searching). */
const turns = [20, 80] as const
const interval = 1000 / 60 // ms between turns, as browsers send them for a wheel or a touchpad
const seconds = 3

/** Opens the gallery of the page's slide, lists its nuclei in every order, and scrolls through them. */
export async function measureReview(page: Page, origin: string, nuclei: number): Promise<ReviewRun> {
  await page.keyboard.press('Shift+G')
  await page.waitForSelector('[data-testid=gallery] [data-testid=thumbnail][data-nucleus]')
  const host = measureWaits(origin)
  const measured: { order: string; seconds: number }[] = []
  for (const order of orders) {
    const one = [await listed(page, order), await listed(page, order)]
    measured.push({ order, seconds: Math.max(...one) / 1000 })
  }
  const waits = await host.stop()
  const scrolling = []
  for (const turn of turns) scrolling.push(await scrolled(page, turn))
  return { nuclei, orders: measured, ...waits, scrolling }
}

const listed = (page: Page, order: string): Promise<number> => page.evaluate<number>(`overlayBench.listed('${order}')`)

async function scrolled(page: Page, turn: number): Promise<ReviewRun['scrolling'][number]> {
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
  return page.evaluate<ReviewRun['scrolling'][number]>('overlayBench.scrolled()')
}

export const reviewInWords = ({ nuclei, orders, hostP99Ms, hostSlowestMs, scrolling }: ReviewRun): string[] => [
  `${nuclei.toLocaleString('en')} nuclei to look through: ${orders
    .map(({ order, seconds }) => `${order} shown after ${seconds.toFixed(1)} s`)
    .join(', ')}; other requests waited ${hostP99Ms.toFixed(0)} ms (p99), ${hostSlowestMs.toFixed(0)} ms at most`,
  ...scrolling.map(
    ({ pixelsPerSecond, fps, pictured }) =>
      `gallery of ${nuclei.toLocaleString('en')} scrolled at ${pixelsPerSecond.toFixed(0)} pixels a second: ${fps.toFixed(1)} frames a second, ${(100 * pictured).toFixed(0)} % of thumbnails pictured`,
  ),
]
