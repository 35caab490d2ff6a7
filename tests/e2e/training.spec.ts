import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { mostProbable, openProject } from '../../electron/store/index.ts'
import { titled } from '../support/messages.ts'
import { classifiedProject, writeMirrored } from './demo.ts'
import { atWorkbench, expectAccessible, gridInMiddle, jobDone, keep, openSlide, seed } from './workbench.ts'

/**
 * A copy of the classified demo slide on which a reader labelled every `every`th nucleus as the model does, except that the
 * model's most and second most frequent class are one to this reader: something to learn.
 */
function labelledDemo(folder: string, every: number): string {
  const path = classifiedProject(folder)
  const project = openProject(path)
  const [{ id: slideId, activeRunId }] = project.slides.all()
  const heads = project.nuclei.heads(slideId)
  const predictions = project.runs.predictions(activeRunId ?? 0, heads)
  const shown = [...heads.id.keys()].map((i) => predictions.classIds[mostProbable(predictions, i)])
  const often = (classId: number) => shown.filter((one) => one === classId).length
  const [first, second] = [...new Set(shown)].sort((a, b) => often(b) - often(a))
  const chosen = [...heads.id.keys()].filter((i) => i % every === 0)
  project.label({
    slideId,
    reader: 'e2e',
    title: titled('by hand'),
    ids: chosen.map((i) => heads.id[i]),
    classId: chosen.map((i) => (shown[i] === second ? first : shown[i])),
  })
  project.close()
  return path
}

test('a pathologist sees what is labelled and held out, trains, and reads how right the model is before and after', async () => {
  const path = labelledDemo(test.info().outputPath('demo'), 6)
  await atWorkbench(
    { width: 1440, height: 1000 },
    async ({ page, complaints }) => {
      const panel = page.getByRole('tabpanel')
      await page.getByTestId('tab-training').click()

      await test.step('a table says how many labels of each class are on the slide, and words say what is held out', async () => {
        await expect(page.getByTestId('label-row')).toHaveCount(1)
        const cells = (row: string) => page.getByTestId('label-table').locator(row).locator('th, td').allTextContents()
        const [heads, row, held] = [await cells('thead tr'), await cells('tbody tr'), await cells('tfoot tr')]
        expect(row).toHaveLength(heads.length)
        // Slide, held out, then the classes: the labels of all classes are those of the project, the held-out ones too.
        const sum = (of: string[]) => of.reduce((n, text) => n + (Number(text) || 0), 0)
        expect(sum(row.slice(2))).toBe(Number(/\d+/.exec((await panel.textContent()) ?? '')?.[0]))
        expect(sum(held.slice(1))).toBe(Number(row[1]))
        expect(Number(row[1])).toBeGreaterThan(20)
        await expect(page.getByTestId('held-out-words')).toContainText(
          /Held out: \d+ labels in \d+ regions? of demo\.tif/,
        )
        await expect(page.getByTestId('held-out-words')).toContainText('not on others')
        await keep(page, '1-plan-light')
        await page.getByTestId('theme').click()
        await keep(page, '1-plan-dark')
        await expectAccessible(page, '[data-testid=stage]')
        await page.getByTestId('theme').click()
      })

      await test.step('nothing held out, or slides that one chooses: the words follow, by keys alone', async () => {
        const choice = page.getByTestId('hold-out')
        await choice.focus()
        await choice.press('End')
        await expect(page.getByTestId('held-out-words')).toContainText('Nothing is held out')
        await choice.selectOption('slides')
        await expect(page.getByTestId('held-out-words')).toContainText('Choose at least one slide')
        await expect(page.getByTestId('finetune')).toBeDisabled()
        const leave = page.getByLabel('Leave out demo.tif')
        await leave.focus()
        await page.keyboard.press('Space')
        await expect(page.getByTestId('held-out-words')).toContainText('as you chose: demo.tif')
        await expect(page.getByTestId('finetune'), 'nothing is left to learn from').toBeDisabled()
        await choice.selectOption('auto')
      })

      await test.step('while it trains, both losses are drawn; at the end the model has a score', async () => {
        await page.getByTestId('finetune').click()
        await jobDone(page, 'finetune')
        await expect(page.getByTestId('training-job')).toContainText(/agrees with \d/)
        const chart = page.getByTestId('loss')
        await expect(chart.locator('canvas')).toBeVisible()
        await expect(page.getByTestId('loss-told')).toContainText(
          /learned from: [\d.]+ → [\d.]+\. On labels held out: [\d.]+ → [\d.]+/,
        )
        await expect(page.getByTestId('held-out-right')).toContainText(
          /Right on [\d.]+% \(95%: .+\) of \d+ labels held out/,
        )
        await expect(page.getByTestId('held-out-right')).toContainText('It is better.')
        await expect(page.getByTestId('held-out-classes')).toContainText(/\.\d\d \.\d\d–(\.\d\d|1\.00)/)
        await expect(page.getByTestId('held-out-classes')).toContainText('too few to say')
      })

      await test.step('the confusion before training can be compared with that after', async () => {
        const matrix = page.getByTestId('confusion')
        const after = await matrix.textContent()
        await page.getByTestId('matrix-before').click()
        await expect(matrix).not.toHaveText(after ?? '')
        await page.getByTestId('matrix-after').click()
        await expect(matrix).toHaveText(after ?? '')
        for (const [name, target] of [
          ['2-chart', 'training-job'],
          ['3-score', 'held-out-score'],
        ]) {
          await page.getByTestId(target).scrollIntoViewIfNeeded()
          await page.getByTestId(target).evaluate((element) => element.scrollIntoView({ block: 'start' }))
          await keep(page, `${name}-light`)
          await page.getByTestId('theme').click()
          await keep(page, `${name}-dark`)
          await page.getByTestId('theme').click()
        }
        await expectAccessible(page, '[data-testid=stage]')
      })

      await test.step('the next training holds the same regions out; in German the panel says so in German', async () => {
        const words = await page.getByTestId('held-out-words').textContent()
        expect(words).toMatch(/Held out: \d+ labels in/)
        await page.getByTestId('language').selectOption('de')
        await expect(page.getByTestId('held-out-words')).toContainText('Zurückgehalten')
        await expect(panel).toContainText('Wie oft das Modell in Gebrauch recht hat')
        await page.getByTestId('held-out-score').evaluate((element) => element.scrollIntoView({ block: 'start' }))
        await keep(page, '4-german')
      })
      expect(complaints).toEqual([])
    },
    '--project',
    path,
  )
})

test('with too few labels nothing is held out, and the panel says what to label', async () => {
  const path = labelledDemo(test.info().outputPath('demo'), 60)
  await atWorkbench(
    { width: 1440, height: 900 },
    async ({ page, complaints }) => {
      await page.getByTestId('tab-training').click()
      await expect(page.getByTestId('held-out-words')).toContainText(
        /Nothing can be held out yet: there are \d+ labels/,
      )
      await expect(page.getByTestId('held-out-words')).toContainText('Label more nuclei')
      await page.getByTestId('finetune').click()
      await jobDone(page, 'finetune')
      await expect(page.getByTestId('held-out-score')).toBeHidden()
      await keep(page, '1-too-few')
      expect(complaints).toEqual([])
    },
    '--project',
    path,
  )
})

test('a model is trained on the slides of a project and judged on the one that was left out', async () => {
  const folder = test.info().outputPath('demo')
  const path = labelledDemo(folder, 6)
  const second = await writeMirrored(join(folder, 'second.tif'), 4000)
  await atWorkbench(
    { width: 1440, height: 1000 },
    async ({ page, complaints }) => {
      await openSlide(page, second)
      await seed(page, gridInMiddle(10, 6, 60, 12), (k) => (k % 2 === 0 ? 'epithelial' : 'inflammatory'), true)
      await page.getByTestId('tab-training').click()
      await expect(page.getByTestId('label-row')).toHaveCount(2)
      await expect(page.getByTestId('label-table')).toContainText('All slides')

      await test.step('the second slide is left out: nothing of it is learned from', async () => {
        await page.getByTestId('hold-out').selectOption('slides')
        await page.getByLabel('Leave out second.tif').check()
        await expect(page.getByTestId('held-out-words')).toContainText('as you chose: second.tif, with 60 labels')
        await expect(page.getByTestId('label-row').nth(0).locator('td').nth(1)).toHaveText('–')
        await expect(page.getByTestId('label-row').nth(1).locator('td').nth(1)).toHaveText('60')
        await keep(page, '1-left-out-light')
        await page.getByTestId('theme').click()
        await keep(page, '1-left-out-dark')
        await expectAccessible(page, '[data-testid=stage]')
      })

      await test.step('the score is of the slide that was left out alone', async () => {
        await page.getByTestId('finetune').click()
        await jobDone(page, 'finetune')
        await expect(page.getByTestId('held-out-score')).toContainText('second.tif')
        await expect(page.getByTestId('held-out-right')).toContainText('of 60 labels held out')
      })
      expect(complaints).toEqual([])
    },
    '--project',
    path,
  )
})
