import { expect, test } from '@playwright/test'
import { reviewReasons } from '../../electron/contract/index.ts'
import { verifyEvidence } from '../../electron/formats/index.ts'
import { mostProbable, openProject } from '../../electron/store/index.ts'
import { titled } from '../support/messages.ts'
import { classifiedProject } from './demo.ts'
import { atWorkbench, expectAccessible, keep, madeUp, numberIn } from './workbench.ts'

const nuclei = 3000

test('counts are corrected by a blind audit that is answered by keys alone', async () => {
  const project = await madeUp(test.info().outputPath(), nuclei)
  await atWorkbench(
    { width: 1440, height: 900 },
    async ({ page, complaints }) => {
      const strip = page.getByTestId('strip')

      await test.step('the reports say that there is no interval yet, and an audit is begun from there', async () => {
        await page.getByTestId('tab-reports').click()
        await expect(page.getByText('No interval yet.')).toBeVisible()
        await page.getByTestId('audit').click()
        await expect(strip).toHaveAttribute('data-nuclei', '60')
        await expect(page.locator('.film [data-testid=thumbnail][data-nucleus]')).toBeVisible()
        await expect(page.getByTestId('level-of-detail')).toHaveText('Nuclei are hidden')
        await expect(page.getByTestId('strip-says')).not.toContainText('Model')
        await expect(page.getByTestId('audit-clock')).toHaveText(/^0:\d\d$/)
        await expect(page.getByText('Hidden while nuclei are labelled blindly.')).toBeVisible()
        await keep(page, '1-audit')
        await page.getByTestId('theme').click()
        await keep(page, '1-audit-other-theme')
        await expectAccessible(page, '[data-testid=stage]')
        await page.getByTestId('theme').click()
      })

      await test.step('an audit that was left is gone on with where it was', async () => {
        for (let k = 0; k < 10; k++) {
          await page.keyboard.press('1')
          await expect(strip).toHaveAttribute('data-at', String(k + 1))
        }
        await page.keyboard.press('Shift+T')
        await expect(page.getByTestId('audit')).toHaveText('Go on: 50 of 60 left')
        await page.getByTestId('audit').click()
        await expect(strip).toHaveAttribute('data-nuclei', '50')
        await expect(page.locator('.film [data-testid=thumbnail][data-nucleus]')).toBeVisible()
      })

      await test.step('the last answer shows the corrected fractions with their intervals', async () => {
        for (let k = 0; k < 49; k++) {
          await page.keyboard.press(k % 5 === 0 ? '2' : '1')
          await expect(strip).toHaveAttribute('data-at', String(k + 1))
        }
        await page.keyboard.press('1')
        const result = page.getByTestId('audit-result')
        await expect(result).toBeVisible()
        await expect(strip).toBeHidden()
        await expect(page.getByTestId('audit-same')).toContainText('of 60 audited nuclei were shown right')
        await expect(page.getByTestId('audit')).toHaveText('Audit again')
        const corrected = page.getByTestId('corrected-1').locator('td').nth(1)
        // 50 of 60 answers were class 1, whatever was shown.
        await expect(corrected).toHaveText(/^(7\d|8\d)(\.\d)?% \(\d\d\.\d–\d\d\.\d%\)[\d,]+–[\d,]+$/)
        await keep(page, '2-result')
        await page.getByTestId('theme').click()
        await keep(page, '2-result-other-theme')
        await expectAccessible(page, '[data-testid=stage]')
      })

      await test.step('the audit is still there after the project is opened again', async () => {
        await page.reload()
        await page.getByTestId('tab-reports').click()
        await expect(page.getByTestId('audit-result')).toBeVisible()
        expect(await numberIn(page.getByTestId('corrected-1').locator('strong'))).toBeGreaterThan(70)
      })

      await test.step('the evidence pack holds the audit with its answers, and is found as it was made', async () => {
        const link = page.getByTestId('evidence')
        const [download] = await Promise.all([page.waitForEvent('download'), link.click()])
        const { manifest, problems } = await verifyEvidence(await download.path())
        expect(problems).toEqual([])
        expect(manifest.audits).toMatchObject([{ isFinished: true, drawn: 60, answered: 60 }])
        expect(manifest.audits[0].result?.right.nuclei).toBeGreaterThan(0)
      })
      expect(complaints).toEqual([])
    },
    '--project',
    project,
  )
})

/**
 * A copy of the classified demo slide on which a reader gave every eighth nucleus the class that the model shows, and a
 * few of them another. Returns its path and how many are wrong.
 */
function labelledDemo(folder: string): { path: string; wrong: number } {
  const path = classifiedProject(folder)
  const project = openProject(path)
  const [{ id: slideId, activeRunId }] = project.slides.all()
  const heads = project.nuclei.heads(slideId)
  const predictions = project.runs.predictions(activeRunId ?? 0, heads)
  const classIds = project.classes.all().map(({ id }) => id)
  const chosen = [...heads.id.keys()].filter((i) => i % 8 === 0)
  const labels = chosen.map((i) => predictions.classIds[mostProbable(predictions, i)])
  const wrong = [20, 60, 100, 140]
  for (const k of wrong) labels[k] = classIds.find((id) => id !== labels[k]) ?? 0
  project.label({
    slideId,
    reader: 'e2e',
    title: titled('by hand'),
    ids: chosen.map((i) => heads.id[i]),
    classId: labels,
  })
  project.close()
  return { path, wrong: wrong.length }
}

test('labels that look mistaken are shown first, and one key keeps or changes each', async () => {
  const { path, wrong } = labelledDemo(test.info().outputPath('demo'))
  await atWorkbench(
    { width: 1440, height: 900 },
    async ({ page, complaints }) => {
      const strip = page.getByTestId('strip')
      await page.getByTestId('tab-training').click()
      await page.getByTestId('check-labels').click()
      await expect(strip).toHaveAttribute('data-order', 'suspects', { timeout: 60_000 })
      await expect(page.getByTestId('strip-says')).toContainText('expected')
      const listed = Number(await strip.getAttribute('data-nuclei'))
      expect(listed).toBeGreaterThanOrEqual(wrong)
      await keep(page, '1-suspects')
      await page.getByTestId('theme').click()
      await keep(page, '1-suspects-other-theme')
      await expectAccessible(page, '[data-testid=stage]')

      await test.step('Enter keeps the label, the key of a class changes it', async () => {
        const history = () => page.getByTestId('history').locator('li').count()
        const says = page.getByTestId('strip-says')
        const kept = /Enter Keep (.+)/.exec((await page.getByTestId('keep-label').textContent()) ?? '')?.[1].trim()
        expect(kept).toBeTruthy()
        await page.keyboard.press('Enter')
        await expect(strip).toHaveAttribute('data-at', '1')
        await page.keyboard.press('Shift+Q')
        await expect(says).toContainText(`Labelled ${kept}`)
        await page.keyboard.press('Shift+W')
        await expect(strip).toHaveAttribute('data-at', '1')
        const change = page.getByTestId('change-label')
        await expect(change).toBeVisible()
        const [key, name] = /(\S+)\s+Change to (\S+)/.exec((await change.textContent()) ?? '')?.slice(1) ?? []
        await page.keyboard.press(key)
        await expect(strip).toHaveAttribute('data-at', '2')
        await page.keyboard.press('Shift+Q')
        await expect(says).toContainText(`Labelled ${name}`)
        await page.getByTestId('tab-classes').click()
        expect(await history()).toBeGreaterThanOrEqual(3)
      })

      await test.step('what was checked is not asked again', async () => {
        await page.getByLabel('Make the list again').click()
        await expect(strip).toHaveAttribute('data-nuclei', String(listed - 2), { timeout: 60_000 })
      })
      expect(complaints).toEqual([])
    },
    '--project',
    path,
  )
})

test('the stop meter says what 50 more labels would bring, with its uncertainty', async () => {
  const { path } = labelledDemo(test.info().outputPath('demo'))
  await atWorkbench(
    { width: 1440, height: 900 },
    async ({ page, complaints }) => {
      await page.getByTestId('tab-training').click()
      await page.getByTestId('ask-forecast').click()
      const forecast = page.getByTestId('forecast')
      await expect(forecast).toBeVisible({ timeout: 3 * 60_000 })
      await expect(page.getByTestId('stop-advice')).toContainText(/labels/)
      await expect(forecast).toContainText(
        /Right in tissue held out: \.\d\d now, \.\d\d \(\.\d\d–(\.\d\d|1\.00)\) with 50 more/,
      )
      const gains = await page.locator('[data-testid^=gain-] td:last-child').allTextContents()
      expect(gains.length).toBeGreaterThan(1)
      for (const gain of gains)
        expect(gain.trim()).toMatch(/^(not yet known|[+−]?\d+\.\d \([+−]?\d+\.\d to [+−]?\d+\.\d\))$/)
      await forecast.scrollIntoViewIfNeeded()
      await keep(page, '1-forecast')
      await page.getByTestId('theme').click()
      await keep(page, '1-forecast-other-theme')
      await expectAccessible(page, '[data-testid=stage]')
      expect(complaints).toEqual([])
    },
    '--project',
    path,
  )
})

test('the reports say how far a reader agrees with themselves', async () => {
  const path = await madeUp(test.info().outputPath(), 500, 0)
  const project = openProject(path)
  const ids = project.nuclei.heads(1).id
  const [a, b] = project.classes.all()
  const title = titled('by hand')
  const label = (k: number, classId: number, reader: string, reason?: string) =>
    project.label({ slideId: 1, reader, title, reason, ids: [ids[k]], classId })
  for (let k = 0; k < 24; k++) {
    const first = k % 2 ? a.id : b.id
    label(k, first, 'Dr Ada')
    label(k, k < 2 ? (first === a.id ? b.id : a.id) : first, 'Dr Ada', reviewReasons.secondLook)
  }
  label(30, a.id, 'Dr Bo')
  label(30, a.id, 'Dr Bo', reviewReasons.secondLook)
  project.close()
  await atWorkbench(
    { width: 1440, height: 900 },
    async ({ page, complaints }) => {
      await page.getByTestId('tab-reports').click()
      const selves = page.getByTestId('self-agreement')
      await expect(selves).toHaveCount(2)
      await expect(selves.first()).toContainText(/Dr Ada with themselves.*κ \.83 \(95%: \.\d\d–\.\d\d\): 22 of 24/)
      await expect(selves.last()).toContainText('1 of 1 nuclei that the queue showed again got the same label')
      await selves.first().scrollIntoViewIfNeeded()
      await keep(page, '1-self')
      await page.getByTestId('theme').click()
      await keep(page, '1-self-other-theme')
      await expectAccessible(page, '[data-testid=stage]')
      expect(complaints).toEqual([])
    },
    '--project',
    path,
  )
})
