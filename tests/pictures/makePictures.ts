import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from '@playwright/test'
import sharp from 'sharp'
import { browserFlags, browserPath } from '../support/browser.ts'
import { dataFolder } from '../support/data.ts'
import { serveKaryon } from '../support/servedKaryon.ts'

/**
 * `node tests/pictures/makePictures.ts [folder]` makes the pictures of the guide, of the README and of docs/stemAndDetector.md
 * again: the built Karyon in a real browser, on CMU-1-Small-Region.svs. The labels in them are set by this script in the
 * gallery's order, and are no pathologist's.
 */
const docs = join(import.meta.dirname, '../../docs')
const guide = process.argv[2] ?? join(docs, 'guide')
const size = { width: 1440, height: 900 }
/** Width of the animated picture, px, and how long it takes, ms. */
const [loopWidth, loopTime] = [960, 20_000]

interface Frame {
  readonly picture: Buffer
  /** How long it is shown, in parts of the whole. */
  readonly weight: number
}
const frames: Frame[] = []

/** Waits until the view stands still: its frame in the small picture of the slide no longer moves. */
async function atRest(page: Page): Promise<void> {
  const place = () => page.getByTestId('navigator-view').getAttribute('points')
  for (let before = await place(), same = 0; same < 3;) {
    await page.waitForTimeout(250)
    const now = await place()
    same = now === before ? same + 1 : 0
    before = now
  }
}
/** Shows the whole slide. The viewer takes a moment to notice that the window has another size. */
async function showWhole(page: Page): Promise<void> {
  await page.waitForTimeout(1500)
  await page.keyboard.press('Home')
  await atRest(page)
}
async function keep(page: Page, name: string, folder = guide, width = 1280): Promise<void> {
  const picture = await page.screenshot()
  await sharp(picture)
    .resize({ width: Math.min(width, size.width), withoutEnlargement: true })
    .webp({ quality: 80, effort: 6 })
    .toFile(join(folder, `${name}.webp`))
  process.stdout.write(`${name}.webp\n`)
}
async function frame(page: Page, weight: number): Promise<void> {
  frames.push({
    picture: await sharp(await page.screenshot())
      .resize({ width: loopWidth })
      .png()
      .toBuffer(),
    weight,
  })
}
const done = (page: Page, kind: string) =>
  page
    .locator(`[data-testid=job][data-kind=${kind}][data-state=done]`)
    .first()
    .waitFor({ timeout: 10 * 60_000 })

async function openFile(page: Page, button: string, path: string): Promise<void> {
  await page.getByTestId(button).click()
  await page.getByTestId('path').fill(path)
  await page.getByTestId('path').press('Enter')
}

/** Goes to a place on the slide, given as parts of the stage at the whole slide's view, and zooms in. */
async function zoomAt(page: Page, x: number, y: number, steps: number): Promise<void> {
  const stage = (await page.getByTestId('stage').boundingBox())!
  await page.mouse.move(stage.x + x * stage.width, stage.y + y * stage.height)
  for (let k = 0; k < steps; k++) {
    await page.mouse.wheel(0, -120)
    await page.waitForTimeout(120)
  }
  await atRest(page)
}
/** Scrolls the panel that an element is in. `scrollIntoView` would scroll the whole window as well. */
const scrollTo = (page: Page, testId: string) =>
  page.getByTestId(testId).evaluate((element) => {
    let box = element.parentElement!
    while (!/auto|scroll/.test(getComputedStyle(box).overflowY)) box = box.parentElement!
    box.scrollTop += element.getBoundingClientRect().top - box.getBoundingClientRect().top
  })
const pointAway = (page: Page) => page.mouse.move(size.width - 4, size.height - 4)

async function makePictures(page: Page, slide: string, folder: string): Promise<void> {
  await page.getByTestId('open-slide').click()
  await page.getByTestId('path').fill(folder)
  await page.getByTestId('path').press('Enter')
  await page.waitForTimeout(800)
  await keep(page, 'open')
  await page.getByTestId('path').fill(slide)
  await page.getByTestId('path').press('Enter')
  await page.getByTestId('scale-bar').waitFor()
  await atRest(page)
  await page.waitForTimeout(1500)
  await frame(page, 3)
  await page.getByTestId('find-nuclei').click()
  await page.waitForTimeout(700)
  await frame(page, 1)
  await done(page, 'detect')
  await pointAway(page)
  await page.waitForTimeout(800)
  await frame(page, 2)
  const classify = page.getByTestId('classify-nuclei')
  if (await classify.isVisible()) await classify.click()
  await done(page, 'classify')
  await pointAway(page)
  await page.waitForTimeout(1500)
  await keep(page, 'first')
  await frame(page, 3)
  await page.getByTestId('open-settings').click()
  await page.getByTestId('settings-openslide').waitFor()
  await page.waitForTimeout(2500)
  await keep(page, 'settings')
  await page.getByTestId('guide-again').click()
  for (let step = 1; step < 3; step++) await page.getByTestId('guide-next').click()
  await page.getByTestId('guide-ring').waitFor()
  await page.waitForTimeout(800)
  await keep(page, 'steps')
  await page.getByTestId('guide-skip').click()

  await page.setViewportSize({ width: 1600, height: 1000 })
  await showWhole(page)
  await keepLarge(page, 'cmu1-whole')
  await zoomAt(page, 0.45, 0.42, 4)
  await pointAway(page)
  await keepLarge(page, 'cmu1-middle')
  await zoomAt(page, 0.45, 0.42, 5)
  await pointAway(page)
  await keepLarge(page, 'cmu1-near')
  await page.setViewportSize(size)
  await showWhole(page)

  for (const steps of [3, 3, 3]) {
    await zoomAt(page, 0.45, 0.42, steps)
    await frame(page, 1)
  }
  await pointAway(page)
  await page.waitForTimeout(800)
  for (let k = 0; k < 3; k++) {
    await page.keyboard.press('Alt+ArrowRight')
    await page.waitForTimeout(400)
    await frame(page, 1)
    await page.keyboard.press('1')
    await page.waitForTimeout(400)
    await frame(page, 1)
  }
  await page.getByTestId('tab-nucleus').click()
  await page.waitForTimeout(1500)
  await keep(page, 'correct')

  await page.getByTestId('tab-classes').click()
  await page.keyboard.press('Shift+G')
  const pictures = page.getByTestId('gallery').locator('[data-testid=thumbnail][data-nucleus]')
  await page.getByTestId('review-order').selectOption('class')
  await pictures.first().waitFor()
  await page.waitForTimeout(1500)
  await frame(page, 2)
  for (let k = 0; k < 16; k++) {
    await pictures.nth(k).click()
    await page.keyboard.press(k % 4 === 0 ? '3' : '1')
    if (k % 4 === 3) await frame(page, 1)
  }
  await page.getByTestId('live-line').filter({ hasText: 'Learned from' }).waitFor({ timeout: 60_000 })
  await page.waitForTimeout(2500)
  await pointAway(page)
  await keep(page, 'learned')
  await frame(page, 3)
  // Enough labels that a part can be held out: this reader agrees with the model, from every kind of picture.
  await page.getByTestId('live').uncheck()
  await page.getByTestId('review-order').selectOption('uncertain')
  await page.waitForTimeout(1500)
  await pictures.first().click()
  for (let k = 0; k < 80; k++) {
    await page.keyboard.press('Enter')
    await page.waitForTimeout(120)
  }
  await page.keyboard.press('Shift+G')
  await showWhole(page)
  await page.waitForTimeout(1000)
  await frame(page, 3)

  await page.getByTestId('tab-training').click()
  await page.getByTestId('finetune').click()
  await done(page, 'finetune')
  await page.getByTestId('to-decide').waitFor({ timeout: 120_000 })
  await page.getByTestId('to-decide').click()
  await page.getByTestId('changes').waitFor()
  await page.waitForTimeout(2500)
  await scrollTo(page, 'changes')
  await pointAway(page)
  await keep(page, 'changes')
  await frame(page, 4)
  await scrollTo(page, 'finetune')
  await page.waitForTimeout(500)
  await keep(page, 'scores')
  await scrollTo(page, 'changes')
  await page.getByTestId('accept-all').click()
  await page.waitForTimeout(2500)

  await page.getByTestId('tab-reports').click()
  await page.waitForTimeout(1000)
  await keep(page, 'reports')
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('export-geojson').click()])
  const nuclei = join(folder, 'nuclei.geojson')
  await download.saveAs(nuclei)
  await openFile(page, 'import', nuclei)
  await page.locator('[data-testid=import-now]:enabled').waitFor()
  await page.waitForTimeout(500)
  await keep(page, 'import')
  await page.keyboard.press('Escape')
  await page.getByTestId('open-folder').click()
  await page.getByTestId('path').fill(folder)
  await page.getByTestId('path').press('Enter')
  await page.waitForTimeout(1500)
  await keep(page, 'folder')
}
const keepLarge = async (page: Page, name: string) => {
  await page.waitForTimeout(1500)
  await sharp(await page.screenshot())
    .webp({ quality: 78, effort: 6 })
    .toFile(join(process.argv[2] ?? docs, `${name}.webp`))
  process.stdout.write(`${name}.webp\n`)
}

/** Puts the frames together: the whole way from a slide to a model that has learned, in 20 seconds. */
async function writeLoop(): Promise<void> {
  const whole = frames.reduce((sum, { weight }) => sum + weight, 0)
  await sharp(
    frames.map(({ picture }) => picture),
    { join: { animated: true } },
  )
    .webp({
      quality: 62,
      effort: 6,
      loop: 0,
      delay: frames.map(({ weight }) => Math.round((weight / whole) * loopTime)),
    })
    .toFile(join(guide, 'loop.webp'))
  process.stdout.write(`loop.webp: ${frames.length} pictures\n`)
}

const source = dataFolder('slides/CMU-1-Small-Region.svs')
if (!existsSync(source)) throw new Error('The slide CMU-1-Small-Region.svs is missing in shared/data/slides.')
mkdirSync(guide, { recursive: true })
const own = mkdtempSync(join(tmpdir(), 'study-'))
const folder = join(own, 'slides')
mkdirSync(folder)
const slide = join(folder, 'CMU-1-Small-Region.svs')
copyFileSync(source, slide)
const karyon = await serveKaryon()
const browser = await chromium.launch({ executablePath: await browserPath(), args: [...browserFlags] })
try {
  const context = await browser.newContext({ viewport: size, locale: 'en-US' })
  context.setDefaultTimeout(30_000)
  const page = await context.newPage()
  page.on('pageerror', ({ message }) => process.stderr.write(`The page: ${message}\n`))
  await page.goto(karyon.link)
  await page.goto(`${new URL(karyon.link).origin}/?drawer=canvas`)
  try {
    await makePictures(page, slide, folder)
  } catch (error) {
    await page.screenshot({ path: join(tmpdir(), 'karyon-pictures-failed.png') })
    throw error
  }
  await writeLoop()
} finally {
  await browser.close()
  await karyon.close()
  rmSync(own, { recursive: true })
}
