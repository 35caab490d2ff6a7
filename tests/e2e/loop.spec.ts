import { readFileSync } from 'node:fs'
import { basename, extname } from 'node:path'
import { expect, test, type Locator, type Page } from '@playwright/test'
import { dataFolder, hasData } from '../support/data.ts'
import { isLong } from '../support/long.ts'
import { demoSlide } from './demo.ts'
import { atRest, atWorkbench, jobDone, keep, openSlide } from './workbench.ts'

const work = 10 * 60_000 // ms that training may take on two busy cores

/** The long tests go through it on a real slide, which is five times as large. */
const slide = isLong && hasData('slides') ? dataFolder('slides/CMU-1-Small-Region.svs') : demoSlide

const count = async (locator: Locator) => Number(((await locator.textContent()) ?? '').replace(/\D/g, '') || 0)
const canvasBytes = (page: Page) => page.getByTestId('overlay').screenshot()

/** A place on the stage where the card says that a nucleus lies, found by moving the mouse in a grid. */
async function* nucleiUnderMouse(page: Page): AsyncGenerator<{ x: number; y: number; name: string }> {
  const stage = await page.getByTestId('stage').boundingBox()
  if (!stage) throw new Error('There is no stage.')
  const card = page.getByTestId('hover')
  for (let y = stage.y + 90; y < stage.y + stage.height - 90; y += 23)
    for (let x = stage.x + 40; x < stage.x + stage.width - 40; x += 23) {
      await page.mouse.move(x, y)
      await page.waitForTimeout(25)
      if (await card.isVisible()) yield { x, y, name: (await card.textContent()) ?? '' }
    }
}

test('a slide is opened, searched, classified, corrected, learned from and exported', async () => {
  await atWorkbench({ width: 1280, height: 720 }, async ({ page, complaints }) => {
    const elsewhere: string[] = []
    page.on('request', (request) => {
      if (!/^(https?:\/\/127\.0\.0\.1:|blob:|data:)/.test(request.url())) elsewhere.push(request.url())
    })

    await test.step('the slide opens', async () => {
      const tile = page.waitForResponse((response) => response.url().includes('/tiles/'))
      await openSlide(page, slide)
      expect((await tile).status()).toBe(200)
      await expect(page.getByTestId('slide')).toContainText(basename(slide, extname(slide)))
      await expect(page.getByTestId('scale-bar')).toContainText('µm')
      await keep(page, '1-opened')
    })

    const total = page.getByTestId('total')
    await test.step('its nuclei are found', async () => {
      await page.getByTestId('find-nuclei').click()
      await jobDone(page, 'detect')
      await expect.poll(() => count(total), { timeout: work }).toBeGreaterThanOrEqual(1000)
      await keep(page, '2-found')
    })

    const rows = page.getByTestId('legend').locator('tbody tr')
    await test.step('its nuclei are classified', async () => {
      const classify = page.getByTestId('classify-nuclei')
      const classifyJob = page.locator('[data-testid=job][data-kind=classify]').first()
      await expect(classify.or(classifyJob)).toBeVisible()
      if (await classify.isVisible()) await classify.click()
      await jobDone(page, 'classify')
      await expect(page.getByTestId('legend')).not.toContainText('Unclassified')
      const counts = async () => Promise.all((await rows.all()).map((row) => count(row.getByTestId('count'))))
      await expect.poll(async () => (await counts()).reduce((a, b) => a + b, 0)).toBe(await count(total))
      expect((await counts()).filter((n) => n > 0).length).toBeGreaterThan(1)
      await keep(page, '3-classified')
    })

    await test.step('one key hides and shows the nuclei', async () => {
      const shown = await canvasBytes(page)
      await page.keyboard.press('Space')
      await expect(page.getByTestId('level-of-detail')).toHaveText('Nuclei are hidden')
      await expect.poll(async () => (await canvasBytes(page)).equals(shown)).toBe(false)
      await page.keyboard.press('Space')
      await expect(page.getByTestId('overlay')).not.toHaveAttribute('data-level', 'none')
    })

    const labelled = page.getByTestId('slide').first()
    await test.step('nuclei are labelled by click and key, with undo and redo', async () => {
      const stage = await page.getByTestId('stage').boundingBox()
      await page.mouse.move(stage!.x + stage!.width * 0.55, stage!.y + stage!.height * 0.4)
      // How near outlines begin depends on how large this slide's nuclei are; the viewer drops wheel turns while it is busy.
      const level = () => page.getByTestId('overlay').getAttribute('data-level')
      for (let i = 0; i < 40 && (await level()) !== 'outlines'; i++) {
        await page.mouse.wheel(0, -240)
        await page.waitForTimeout(250)
      }
      await expect(page.getByTestId('overlay')).toHaveAttribute('data-level', 'outlines')
      await atRest(page)
      const where = await page.getByTestId('magnification').textContent()
      const keys = await page.getByTestId('legend').locator('tbody kbd').allTextContents()
      const wanted = 12
      let done = 0
      let last = { x: 0, y: 0 }
      for await (const { x, y } of nucleiUnderMouse(page)) {
        if (Math.hypot(x - last.x, y - last.y) < 60) continue // not the same nucleus twice
        await page.mouse.move(x, y)
        await page.mouse.down()
        await page.mouse.move(x + 3, y - 2) // a shaky hand: a click all the same
        await page.mouse.up()
        await page.keyboard.press(keys[done % 2])
        last = { x, y }
        done++
        await expect(labelled).toContainText(`${done} labelled`)
        if (done === wanted) break
      }
      expect(done).toBe(wanted)
      expect(await page.getByTestId('magnification').textContent()).toBe(where)
      await keep(page, '4-labelled')
      await page.keyboard.press('Control+z')
      await expect(labelled).toContainText(`${wanted - 1} labelled`)
      await page.keyboard.press('Control+Shift+z')
      await expect(labelled).toContainText(`${wanted} labelled`)
      await page.getByTestId('tab-nucleus').click()
      await expect(page.getByTestId('nucleus')).toContainText('a person')
      await keep(page, '5-nucleus')
    })

    const model = page.getByTestId('active-model')
    const first = await model.textContent()
    await test.step('fine-tuning the last layer classifies the slide again', async () => {
      await page.getByTestId('tab-training').click()
      await page.getByTestId('finetune').click()
      await expect(page.getByTestId('training-job')).toHaveAttribute('data-state', /running|waiting|done/)
      await expect(page.getByTestId('training-job')).toHaveAttribute('data-state', 'done', { timeout: work })
      await expect(model).not.toHaveText(first ?? '', { timeout: work })
      await expect(page.locator('[data-testid=job][data-state=running]')).toHaveCount(0, { timeout: work })
      await keep(page, '6-trained')
      await expect(labelled).toContainText('12 labelled')
    })

    await test.step('what would change is accepted', async () => {
      await page.getByTestId('accept-all').click()
      await expect(page.getByTestId('to-decide')).toBeHidden()
      await expect(labelled).toContainText('12 labelled')
    })

    await test.step('one click returns to the earlier model', async () => {
      await page.getByTestId('back-to-parent').click()
      await expect(model).toHaveText(first ?? '')
      await expect(labelled).toContainText('12 labelled')
    })

    await test.step('the GeoJSON export holds every nucleus', async () => {
      await page.getByTestId('tab-reports').click()
      await keep(page, '7-reports')
      const waiting = page.waitForEvent('download')
      await page.getByTestId('export-geojson').click()
      const path = test.info().outputPath('export.geojson')
      await (await waiting).saveAs(path)
      const exported = JSON.parse(readFileSync(path, 'utf8')) as {
        type: string
        features: { geometry: { type: string }; properties: { classification?: { name: string; color?: number[] } } }[]
      }
      await page.getByTestId('tab-classes').click()
      expect(exported.type).toBe('FeatureCollection')
      expect(exported.features).toHaveLength(await count(total))
      for (const feature of exported.features) {
        expect(feature.geometry.type).toBe('Polygon')
        expect(feature.properties.classification?.name).toBeTruthy()
      }
    })

    await page.getByTestId('theme').click()
    await keep(page, '8-dark')
    expect(elsewhere, 'no request leaves the machine').toEqual([])
    expect(complaints, 'the browser has nothing to complain of').toEqual([])
  })
})
