import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from '@playwright/test'
import { unwrap } from '../../electron/contract/index.ts'
import { openSlide } from '../../electron/slides/index.ts'
import { browserFlags, browserPath } from '../findBrowser.ts'
import { makeSyntheticProject, sideFor } from '../syntheticProject.ts'
import { serveChild } from '../serveChild.ts'
import { asJpeg, tileSide, tissueLike } from '../slides/tiles.ts'
import { writeSlide } from '../slides/writeSlide.ts'
import { progress } from '../../electron/cli/verb.ts'
import { labelInWords, measureLabels, type LabelCost } from './label.ts'
import { measureReview, reviewInWords, type ReviewRun } from './review.ts'
import { framesWhilePanning, heapMB, openPage, recolour, settle, slowPick } from './page.ts'

/** Measurements of one slide at one zoom: frames per second while panning, and the page's memory. */
export interface OverlayRun {
  readonly nuclei: number
  /** Magnification that the page shows, and how it draws the nuclei there. */
  readonly zoom: string
  readonly level: string
  readonly fps: number
  readonly heapMB: number
}
export interface OverlayBench {
  readonly browser: string
  readonly runs: readonly OverlayRun[]
  readonly reviews: readonly ReviewRun[]
  /** Largest slide: time until the nucleus under the mouse is shown (slowest zoom), and until all are recoloured. */
  readonly pickMs: number
  readonly recolourMs: number
  /** Largest slide: cost of labelling one nucleus and of undoing it. */
  readonly label: LabelCost
  /** Largest slide: time from requesting the page until its overlay is first drawn. */
  readonly firstDrawnMs: number
}

const seconds = 3
/** The page's own zoom keys, from the whole slide inwards. */
const zooms = ['Home', 'Alt+1', 'Alt+2', 'Alt+3', 'Alt+4', 'Alt+5', 'Alt+6']
/** Zoom at which nuclei are labelled: 40×, drawn as outlines. */
const labelledAt = 'Alt+6'

/** Measures the app's own page on synthetic slides, in a browser that draws in software. */
export async function benchOverlay(counts: readonly number[], given?: string): Promise<OverlayBench> {
  const executablePath = await browserPath(given)
  const folder = await mkdtemp(join(tmpdir(), 'karyon-bench-'))
  try {
    const browser = await chromium.launch({ executablePath, args: [...browserFlags] })
    try {
      const measured = []
      for (const nuclei of [...counts].sort((a, b) => a - b)) measured.push(await measure(browser, folder, nuclei))
      const { pickMs, recolourMs, label, firstDrawnMs } = measured[measured.length - 1]
      return {
        browser: `Chromium ${browser.version()}`,
        runs: measured.flatMap(({ runs }) => runs),
        reviews: measured.map(({ review }) => review),
        pickMs,
        recolourMs,
        label,
        firstDrawnMs,
      }
    } finally {
      await browser.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function measure(browser: Browser, folder: string, nuclei: number) {
  const home = join(folder, String(nuclei))
  await mkdir(home)
  const project = join(home, 'bench.karyon')
  makeSyntheticProject(project, await makeSyntheticSlide(join(home, 'slide.svs'), nuclei), nuclei)
  const served = await serveChild(home, '--project', project)
  try {
    const began = performance.now()
    const page = await openPage(browser, served.link.href)
    const firstDrawnMs = performance.now() - began
    const runs: OverlayRun[] = []
    let pickMs = 0
    for (const key of zooms) {
      await zoomTo(page, key)
      const run = { nuclei, ...(await atZoom(page)) }
      pickMs = Math.max(pickMs, await slowPick(page))
      runs.push(run)
      progress(`${nuclei} nuclei at ${run.zoom}: ${run.fps.toFixed(1)} frames a second as ${run.level}`)
    }
    await zoomTo(page, labelledAt)
    const label = await measureLabels(page)
    progress(labelInWords(label))
    await zoomTo(page, 'Home')
    let recolourMs = 0
    for (const by of ['probability', 'source', 'class']) {
      recolourMs = Math.max(recolourMs, await recolour(page, by))
      await settle(page)
    }
    const review = await measureReview(page, served.link.origin, nuclei)
    for (const sentence of reviewInWords(review)) progress(sentence)
    await page.close()
    return { runs, review, pickMs, recolourMs, label, firstDrawnMs }
  } finally {
    await served.close()
  }
}

async function zoomTo(page: Page, key: string): Promise<void> {
  await page.keyboard.press('Home')
  await page.keyboard.press(key)
  await settle(page)
}

async function atZoom(page: Page): Promise<Omit<OverlayRun, 'nuclei'>> {
  const fps = await framesWhilePanning(page, seconds)
  const zoom = (await page.getByTestId('magnification').textContent()) ?? ''
  const level = (await page.getByTestId('overlay').getAttribute('data-level')) ?? ''
  return { zoom, level, fps, heapMB: await heapMB(page) }
}

async function makeSyntheticSlide(path: string, nuclei: number) {
  const tiles = Math.ceil(sideFor(nuclei) / tileSide)
  const blocks = await Promise.all(Array.from({ length: 16 }, (_, seed) => asJpeg(tissueLike(seed))))
  const size = { columns: tiles, rows: tiles, compression: 7, photometric: 6 }
  await writeSlide(path, { ...size, blocks, downsamples: [1, 4, 16, 64], isShared: true })
  const reader = unwrap(await openSlide(path))
  await reader.close()
  return { path, info: reader.info }
}

export const overlayInWords = (r: OverlayBench): string =>
  [
    ...r.runs.map(
      (run) =>
        `${run.nuclei.toLocaleString('en')} nuclei at ${run.zoom} (${run.level}): ${run.fps.toFixed(1)} frames a second, page holds ${run.heapMB.toFixed(0)} MB`,
    ),
    ...r.reviews.flatMap(reviewInWords),
    `the nucleus under the mouse is shown within ${r.pickMs.toFixed(1)} ms, all are recoloured within ${r.recolourMs.toFixed(0)} ms`,
    labelInWords(r.label),
    `first drawn ${(r.firstDrawnMs / 1000).toFixed(1)} s after the page was asked for (${r.browser}, software rendering)`,
  ].join('\n')
