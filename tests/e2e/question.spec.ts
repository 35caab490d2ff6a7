import { readFileSync } from 'node:fs'
import { expect, test, type Page } from '@playwright/test'
import { mostProbable, openProject } from '../../electron/store/index.ts'
import { titled } from '../support/messages.ts'
import { classifiedProject } from './demo.ts'
import { atWorkbench, expectAccessible, keep, numberIn } from './workbench.ts'

/** A copy of the classified demo slide; a reader gave every `every`-th nucleus the class that the model shows. */
function demo(folder: string, every = 9): string {
  const path = classifiedProject(folder)
  const project = openProject(path)
  const [{ id: slideId, activeRunId }] = project.slides.all()
  const heads = project.nuclei.heads(slideId)
  const predictions = project.runs.predictions(activeRunId ?? 0, heads)
  const chosen = [...heads.id.keys()].filter((i) => i % every === 0)
  const classId = chosen.map((i) => predictions.classIds[mostProbable(predictions, i)])
  if (every < Infinity)
    project.label({ slideId, reader: 'e2e', title: titled('by hand'), ids: chosen.map((i) => heads.id[i]), classId })
  project.close()
  return path
}

/** Keeps a picture in light and in dark, and checks both for faults of accessibility. */
async function keepBoth(page: Page, name: string): Promise<void> {
  for (const suffix of ['', '-other-theme']) {
    if (suffix) await page.getByTestId('theme').click()
    await keep(page, name + suffix)
    await expectAccessible(page, '[data-testid=stage]')
  }
  await page.getByTestId('theme').click()
}

const selectOne = async (page: Page) => {
  await page.getByTestId('stage').click({ position: { x: 5, y: 5 } })
  await page.keyboard.press('Alt+ArrowRight')
  await expect(page.getByTestId('selection-status')).toContainText('Selected:')
}

test('a pathologist asks why a nucleus has its class, and goes to a labelled one like it', async () => {
  const path = demo(test.info().outputPath('demo'))
  await atWorkbench(
    { width: 1440, height: 1000 },
    async ({ page, complaints }) => {
      await expect(page.getByTestId('total')).not.toHaveText('0')
      await selectOne(page)

      await test.step('one key explains it: alone and with its surroundings, and the labelled nuclei most like it', async () => {
        await page.keyboard.press('Shift+Y')
        const rows = page.getByTestId('ablation').locator('tbody tr')
        await expect(rows.first()).toBeVisible({ timeout: 60_000 })
        const column = async (nth: number) => {
          const cells = await rows.locator(`td:nth-of-type(${nth})`).allTextContents()
          return cells.reduce((sum, text) => sum + (Number(text.replace(/[<> ]/g, '')) || 0), 0)
        }
        for (const nth of [2, 3]) expect(Math.abs((await column(nth)) - 1)).toBeLessThan(0.06)
        await expect(page.getByTestId('surroundings')).toContainText(/surroundings|around it/)
        await expect(page.getByTestId('nearest').locator('button')).toHaveCount(8)
        await expect(page.getByTestId('nearest').locator('img').last()).toHaveJSProperty('complete', true)
        await page.getByTestId('ablation').scrollIntoViewIfNeeded()
        await keepBoth(page, '1-why')
      })

      await test.step('attention over the tissue is beside it', async () => {
        await page.keyboard.press('Shift+A')
        await expect(page.getByTestId('attention-overlay')).toBeVisible({ timeout: 60_000 })
        await keep(page, '2-attention')
        await page.keyboard.press('Shift+A')
      })

      await test.step('a picture leads to its nucleus, which a person labelled', async () => {
        const nearest = page.getByTestId('nearest').locator('button').first()
        const id = await nearest.getAttribute('data-nucleus')
        await nearest.focus()
        await page.keyboard.press('Enter')
        await expect(page.getByTestId('nucleus')).toContainText(`Nucleus ${id}`)
        await expect(page.getByTestId('nucleus-by')).toHaveText('a person')
      })
      expect(complaints).toEqual([])
    },
    '--project',
    path,
  )
})

test('without labels the explanation says what to do', async () => {
  const path = demo(test.info().outputPath('demo'), Infinity)
  await atWorkbench(
    { width: 1280, height: 800 },
    async ({ page }) => {
      await expect(page.getByTestId('total')).not.toHaveText('0')
      await selectOne(page)
      await page.keyboard.press('Shift+Y')
      await expect(page.getByTestId('no-nearest')).toContainText('Label a few')
      await expect(page.getByTestId('ablation')).toBeVisible({ timeout: 60_000 })
    },
    '--project',
    path,
  )
})

test('a pathologist sees which nuclei the model is unsure of, hides them, lists them and takes the counts away', async () => {
  const path = demo(test.info().outputPath('demo'), 40)
  await atWorkbench(
    { width: 1440, height: 1000 },
    async ({ page, complaints }) => {
      const unsure = page.getByTestId('uncertain')
      await expect(unsure).toBeVisible()
      const n = await numberIn(unsure)
      expect(n).toBeGreaterThan(0)

      await test.step('uncertain nuclei have a shape of their own at every zoom, and one key lists them', async () => {
        await expect(page.getByTestId('overlay')).toHaveAttribute('data-level', /dots|outlines|density/)
        await keepBoth(page, '1-far')
        // The list leads to them.
        await page.keyboard.press('Shift+K')
        await expect(page.getByTestId('gallery')).toHaveAttribute('data-nuclei', String(n))
        await page.locator('[data-testid=thumbnail][data-nucleus]').first().click()
        const level = () => page.getByTestId('overlay').getAttribute('data-level')
        for (let k = 0; k < 12 && (await level()) !== 'outlines'; k++) {
          await page.keyboard.press('+')
          await page.waitForTimeout(300)
        }
        await expect(page.getByTestId('overlay')).toHaveAttribute('data-level', 'outlines')
        await page.keyboard.press('Escape')
        await page.keyboard.press('Shift+G')
        await expect(page.getByTestId('overlay')).toHaveAttribute('data-waiting', '0')
        await keepBoth(page, '2-near')
      })

      await test.step('one key hides them, and the page says so', async () => {
        await page.keyboard.press('Shift+V')
        await expect(page.getByTestId('unsure-legend')).toContainText('hidden')
        await keep(page, '3-hidden')
        await page.keyboard.press('Shift+V')
        await expect(page.getByTestId('unsure-legend')).toBeHidden()
      })

      await test.step('counts come with ranges, and words for what they are', async () => {
        await expect(page.getByTestId('range-says')).toContainText('labelled or sure')
        await expect(page.getByTestId('unsure-view')).toHaveText(/\d/)
        await page.getByTestId('range-says').scrollIntoViewIfNeeded()
        await keepBoth(page, '5-counts')
        await page.getByTestId('tab-reports').click()
        await expect(page.getByTestId('report-unsure')).toHaveText(n.toLocaleString('en'))
        await expect(page.getByTestId('report-range')).toContainText('no probability')
        await keepBoth(page, '6-report')
        const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId('counts-table').click()])
        const table = readFileSync(await download.path(), 'utf8')
        expect(table).toContain('nuclei_least,nuclei_most')
        expect(table).toContain('Confident mistakes of the model are not covered')
      })
      expect(complaints).toEqual([])
    },
    '--project',
    path,
  )
})

test('a pathologist selects nuclei that look alike on the map, sees them on slide and in gallery, and labels them by one key', async () => {
  const path = demo(test.info().outputPath('demo'), 40)
  await atWorkbench(
    { width: 1440, height: 1000 },
    async ({ page, complaints }) => {
      const canvas = page.getByTestId('map-canvas')
      const selected = async () => numberIn(page.getByTestId('map-selected'))
      await page.getByTestId('live').uncheck()

      await test.step('the map is made while the page stays in use', async () => {
        await page.keyboard.press('Shift+M')
        await page.getByTestId('make-map').click()
        await expect(canvas).toHaveAttribute('data-nuclei', /^[1-9]/, { timeout: 120_000 })
      })

      await test.step('a lasso selects on the map and on the slide', async () => {
        await page.getByTestId('map-lasso').click()
        const box = (await canvas.boundingBox())!
        const [x, y, r] = [box.x + box.width / 2, box.y + box.height / 2, box.height / 2.2]
        await page.mouse.move(x + r, y)
        await page.mouse.down()
        for (let k = 1; k <= 24; k++)
          await page.mouse.move(x + r * Math.cos((k * Math.PI) / 12), y + r * Math.sin((k * Math.PI) / 12))
        await page.mouse.up()
        await expect.poll(selected).toBeGreaterThan(5)
        const n = await selected()
        await expect(page.getByTestId('selected')).toHaveText(`${n.toLocaleString('en')} selected`)
        await keepBoth(page, '1-lasso')
      })

      await test.step('it is coloured by what the model says, people say, uncertainty and what is measured', async () => {
        for (const by of ['predicted', 'label', 'entropy', 'area', 'roundness', 'class']) {
          await page.getByTestId('map-colour-by').selectOption(by)
          await page.waitForTimeout(200)
          if (by === 'area') await keep(page, '2-by-area')
        }
      })

      await test.step('the keyboard alone selects, too', async () => {
        await page.keyboard.press('Escape')
        await canvas.focus()
        await page.keyboard.press('+')
        await page.keyboard.press('Enter')
        await expect.poll(selected).toBeGreaterThan(0)
        await keep(page, '3-keys')
      })

      await test.step('the class key labels all of them in one step, and one undo takes it back', async () => {
        const n = await selected()
        const human = page.getByTestId('legend').locator('tbody [data-testid=labelled]')
        const labels = async () =>
          (await human.allTextContents()).reduce((sum, text) => sum + Number(text.replace(/\D/g, '') || 0), 0)
        const before = await labels()
        await page.keyboard.press('2')
        await expect.poll(labels).toBeGreaterThan(before)
        await page.keyboard.press('Control+z')
        await expect.poll(labels).toBe(before)
        expect(await selected()).toBe(n)
      })

      await test.step('the gallery shows the selected ones', async () => {
        const n = await selected()
        await page.keyboard.press('Shift+Z')
        await expect(page.getByTestId('gallery')).toHaveAttribute('data-nuclei', String(n))
        await keepBoth(page, '4-gallery')
      })
      expect(complaints).toEqual([])
    },
    '--project',
    path,
  )
})
