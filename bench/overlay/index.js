import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FailureError, unwrap } from '../../electron/contract/index.js'
import { openSlide } from '../../electron/slides/index.js'
import { browserFlags, browserFor } from '../findBrowser.js'
import { madeUpProject, sideFor } from '../syntheticProject.js'
import { serveChild } from '../serveChild.js'
import { asJpeg, tileSide, tissueLike } from '../slides/tiles.js'
import { writeSlide } from '../slides/writeSlide.js'
import { progress } from '../../electron/cli/verb.js'
import { measureReview, reviewInWords } from './review.js'
import { framesWhilePanning, heapMB, openPage, recolour, settle, slowPick } from './page.js'
const seconds = 3
/** Keys from the whole slide inwards: the page's own. */
const zooms = ['Home', 'Alt+1', 'Alt+2', 'Alt+3', 'Alt+4', 'Alt+5', 'Alt+6']
/** Measures the app's own page over made-up slides, in a browser that draws in software. Fails where there is none. */
export async function benchOverlay(counts, browserPath) {
  const executablePath = browserFor(browserPath)
  const { chromium } = await playwright()
  const folder = await mkdtemp(join(tmpdir(), 'karyon-bench-'))
  try {
    const browser = await chromium.launch({ executablePath, args: [...browserFlags] })
    try {
      const measured = []
      for (const nuclei of [...counts].sort((a, b) => a - b)) measured.push(await measure(browser, folder, nuclei))
      const { pickMs, recolourMs, firstDrawnMs } = measured[measured.length - 1]
      return {
        browser: `Chromium ${browser.version()}`,
        runs: measured.flatMap(({ runs }) => runs),
        reviews: measured.map(({ review }) => review),
        pickMs,
        recolourMs,
        firstDrawnMs,
      }
    } finally {
      await browser.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
/** Playwright drives the browser; it is no part of the app as shipped. */
async function playwright() {
  try {
    return await import('@playwright/test')
  } catch (error) {
    throw new FailureError(
      'not-found',
      `This measure drives a browser by Playwright, which the app does not ship with. Run it in a checkout after npm ci. (${String(error)})`,
    )
  }
}
async function measure(browser, folder, nuclei) {
  const home = join(folder, String(nuclei))
  await mkdir(home)
  const project = join(home, 'bench.karyon')
  madeUpProject(project, await madeUpSlide(join(home, 'slide.svs'), nuclei), nuclei)
  const served = await serveChild(home, '--project', project)
  try {
    const began = performance.now()
    const page = await openPage(browser, served.link.href)
    const firstDrawnMs = performance.now() - began
    const runs = []
    let pickMs = 0
    for (const key of zooms) {
      await zoomTo(page, key)
      const run = { nuclei, ...(await atZoom(page)) }
      pickMs = Math.max(pickMs, await slowPick(page))
      runs.push(run)
      progress(`${nuclei} nuclei at ${run.zoom}: ${run.fps.toFixed(1)} frames a second as ${run.level}`)
    }
    await zoomTo(page, 'Home')
    let recolourMs = 0
    for (const by of ['probability', 'source', 'class']) {
      recolourMs = Math.max(recolourMs, await recolour(page, by))
      await settle(page)
    }
    const review = await measureReview(page, served.link.origin, nuclei)
    for (const sentence of reviewInWords(review)) progress(sentence)
    await page.close()
    return { runs, review, pickMs, recolourMs, firstDrawnMs }
  } finally {
    await served.close()
  }
}
async function zoomTo(page, key) {
  await page.keyboard.press('Home')
  await page.keyboard.press(key)
  await settle(page)
}
async function atZoom(page) {
  const fps = await framesWhilePanning(page, seconds)
  const zoom = (await page.getByTestId('magnification').textContent()) ?? ''
  const level = (await page.getByTestId('overlay').getAttribute('data-level')) ?? ''
  return { zoom, level, fps, heapMB: await heapMB(page) }
}
async function madeUpSlide(path, nuclei) {
  const tiles = Math.ceil(sideFor(nuclei) / tileSide)
  const blocks = await Promise.all(Array.from({ length: 16 }, (_, seed) => asJpeg(tissueLike(seed))))
  const size = { columns: tiles, rows: tiles, compression: 7, photometric: 6 }
  await writeSlide(path, { ...size, blocks, downsamples: [1, 4, 16, 64], isShared: true })
  const reader = unwrap(await openSlide(path))
  await reader.close()
  return { path, info: reader.info }
}
export const overlayInWords = (r) =>
  [
    ...r.runs.map(
      (run) =>
        `${run.nuclei.toLocaleString('en')} nuclei at ${run.zoom} (${run.level}): ${run.fps.toFixed(1)} frames a second, page holds ${run.heapMB.toFixed(0)} MB`,
    ),
    ...r.reviews.flatMap(reviewInWords),
    `the nucleus under the mouse is shown within ${r.pickMs.toFixed(1)} ms, all are recoloured within ${r.recolourMs.toFixed(0)} ms`,
    `first drawn ${(r.firstDrawnMs / 1000).toFixed(1)} s after the page was asked for (${r.browser}, software rendering)`,
  ].join('\n')
//# sourceMappingURL=index.js.map
