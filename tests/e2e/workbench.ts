import { execFileSync } from 'node:child_process'
import { titled } from '../support/messages.ts'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, expect, test, type Browser, type BrowserContext, type Locator, type Page } from '@playwright/test'
import { makeSyntheticProject } from '../../bench/syntheticProject.ts'
import { unwrap } from '../../electron/contract/index.ts'
import { openSlide as openSlideFile } from '../../electron/slides/index.ts'
import { openProject } from '../../electron/store/index.ts'
import { browserFlags, browserPath } from '../support/browser.ts'
import { gridGeoJson, type Grid } from '../support/seedNuclei.ts'
import { serveKaryon, type ServedKaryon } from '../support/servedKaryon.ts'
import { demoMpp, demoSize, demoSlide, needDemo } from './demo.ts'

/** A served Karyon with a browser at it. */
export interface Workbench {
  readonly karyon: ServedKaryon
  readonly browser: Browser
  readonly context: BrowserContext
  readonly page: Page
  readonly origin: string
  /** What the browser complained of. */
  readonly complaints: string[]
}

/** Returns the engine's process of a host; 0 if it has none. */
export function engineOf(host: number): number {
  const processes = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
  const lines = processes.split('\n').map((line) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line))
  const engine = lines.find((m) => m && Number(m[2]) === host && m[3].includes('engine'))
  return Number(engine?.[1] ?? 0)
}

/** Keeps a screenshot with the test's results, once the view has come to rest. */
export async function keep(page: Page, name: string): Promise<void> {
  if (await page.getByTestId('navigator-view').isVisible()) await atRest(page)
  const path = test.info().outputPath(`${name}.png`)
  await page.screenshot({ path })
  await test.info().attach(name, { path, contentType: 'image/png' })
}

/** The page has no accessibility fault that axe calls serious; the canvases of the stage can be left out. */
export async function expectAccessible(page: Page, without?: string): Promise<void> {
  const builder = new AxeBuilder({ page })
  const { violations } = await (without ? builder.exclude(without) : builder).analyze()
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(' ')}`)).toEqual([])
}

export const address = (origin: string) => `${origin}/?drawer=canvas`

/** Runs `use` at a served Karyon (`parameters` of its command line) in a real browser, and ends both. */
export async function atWorkbench(
  viewport: { width: number; height: number },
  use: (workbench: Workbench) => Promise<void>,
  ...serveArguments: string[]
): Promise<void> {
  const karyon = await serveKaryon(...serveArguments)
  const browser = await chromium.launch({ executablePath: await browserPath(), args: [...browserFlags] })
  try {
    const context = await browser.newContext({ viewport })
    // What cannot be clicked fails with its name; the whole test's time limit would not tell where it stood.
    context.setDefaultTimeout(60_000)
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      const text = message.text()
      // Nuclei that were replaced while the page asked for them: it asks again (renderer/features/nuclei/store.ts).
      const isOvertaken = text.includes('status of 404') && /\/chunks\/\d+\//.test(message.location().url)
      if (message.type() === 'error' && !text.includes('status of 422') && !isOvertaken) complaints.push(text)
    })
    const { href, origin } = new URL(karyon.link)
    await page.goto(href)
    await page.goto(address(origin))
    await use({ karyon, browser, context, page, origin, complaints })
  } finally {
    await browser.close()
    await karyon.close()
    await test.info().attach('terminal', { body: karyon.output(), contentType: 'text/plain' })
  }
}

/** Labels that a made-up project begins with. */
export const labelledBefore = 50

/**
 * A project of the demo slide with made-up, classified nuclei on it, the first labelled: nothing has to be computed.
 */
export async function madeUp(folder: string, nuclei: number, labelled = labelledBefore): Promise<string> {
  needDemo()
  const reader = unwrap(await openSlideFile(demoSlide))
  await reader.close()
  const path = join(folder, 'study.karyon')
  const slideId = makeSyntheticProject(path, { path: demoSlide, info: reader.info }, nuclei)
  const project = openProject(path)
  const ids = project.nuclei.heads(slideId).id.slice(0, labelled)
  if (labelled > 0)
    project.label({ slideId, reader: 'e2e', title: titled('the first'), ids, classId: project.classes.all()[0].id })
  project.close()
  return path
}

/** Opens the slide by its path. */
export async function openSlide(page: Page, path = demoSlide): Promise<void> {
  await page.getByTestId('open-slide').click()
  await page.getByTestId('path').fill(path)
  await page.getByTestId('path').press('Enter')
  await expect(page.getByTestId('path')).toBeHidden()
  await expect(page.getByTestId('scale-bar')).toBeVisible()
}

/** A grid of nuclei around the middle of the demo slide; lengths in its pixels. */
export const gridInMiddle = (columns: number, rows: number, step: number, radius: number): Grid => ({
  columns,
  rows,
  step,
  radius,
  left: (demoSize.width - (columns - 1) * step) / 2,
  top: (demoSize.height - (rows - 1) * step) / 2,
})

/** A number that the page shows, without its thousands' separators and unit; NaN where it shows none. */
export async function numberIn(locator: Locator): Promise<number> {
  const digits = ((await locator.textContent()) ?? '').replace(/[^\d.]/g, '')
  return digits === '' ? NaN : Number(digits)
}

/** Waits for the newest job of a kind; fails with what it says where it did not end well. */
export async function jobDone(page: Page, kind: string): Promise<void> {
  const job = page.locator(`[data-testid=job][data-kind=${kind}]`).first()
  await expect(job).toHaveAttribute('data-state', /done|failed|cancelled/, { timeout: 10 * 60_000 })
  expect(await job.getAttribute('data-state'), (await job.textContent()) ?? '').toBe('done')
}

/** Imports a grid of nuclei, as if another tool had found them. */
export async function seed(page: Page, grid: Grid, classOf?: (k: number) => string | undefined, asLabels = false) {
  const path = test.info().outputPath('grid.geojson')
  writeFileSync(path, gridGeoJson(grid, classOf))
  await page.getByTestId('import').click()
  if (asLabels) await page.getByLabel('Its classes are a person’s labels').check()
  await page.getByTestId('path').fill(path)
  await page.getByTestId('path').press('Enter')
  await page.getByTestId('import-now').click()
  const job = page.locator('[data-testid=job][data-kind=import]').first()
  await expect(job).toHaveAttribute('data-state', 'done', { timeout: 60_000 })
  const total = (grid.columns * grid.rows).toLocaleString('en')
  await expect(page.getByTestId('total')).toHaveText(total)
}

/** The slide's coordinates under a point of the page, as the readout says. */
async function readAt(page: Page, x: number, y: number): Promise<{ x: number; y: number }> {
  await page.mouse.move(x, y)
  const readout = page.getByTestId('coordinates')
  await expect(readout).toHaveText(/\d, -?[\d,.]+ µm/)
  const [um, vm] = ((await readout.textContent()) ?? '').split(', ').map((part) => Number(part.replace(/[^\d.-]/g, '')))
  return { x: um / demoMpp, y: vm / demoMpp }
}

/** The view has come to rest: three looks at it, 250 ms apart, are the same. */
export async function atRest(page: Page): Promise<void> {
  const now = () => page.getByTestId('navigator-view').getAttribute('points')
  for (let before = await now(), same = 0; same < 2;) {
    await page.waitForTimeout(250)
    const after = await now()
    same = after === before ? same + 1 : 0
    before = after
  }
}

/** The way from level-0 pixels to the page, measured by the readout at two corners of the stage. */
export async function toPage(page: Page): Promise<(at: { x: number; y: number }) => { x: number; y: number }> {
  await atRest(page)
  const stage = (await page.getByTestId('stage').boundingBox())!
  const [left, top] = [stage.x + 12, stage.y + 60]
  const [right, bottom] = [stage.x + stage.width - 12, stage.y + stage.height - 60]
  const a = await readAt(page, left, top)
  const b = await readAt(page, right, bottom)
  const scale = { x: (right - left) / (b.x - a.x), y: (bottom - top) / (b.y - a.y) }
  return ({ x, y }) => ({ x: left + (x - a.x) * scale.x, y: top + (y - a.y) * scale.y })
}
