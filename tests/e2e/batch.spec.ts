import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { demoSlide, writeMirrored } from './demo.ts'
import { atWorkbench, expectAccessible, keep } from './workbench.ts'

test('a folder of slides is added, found and classified in the queue, and its results are one table', async () => {
  const folder = test.info().outputPath('slides')
  mkdirSync(join(folder, 'archive'), { recursive: true })
  copyFileSync(demoSlide, join(folder, 'first.tif'))
  await writeMirrored(join(folder, 'second.tif'), 4000)
  await writeMirrored(join(folder, 'unscaled.tif'))
  writeFileSync(join(folder, 'broken.svs'), 'no slide')
  await atWorkbench(
    { width: 1440, height: 900 },
    async ({ page, complaints }) => {
      await test.step('the folder is chosen by its path, and a sentence says what will be done', async () => {
        await page.getByTestId('open-folder').click()
        await expect(page.getByText('What is done already is not done again')).toBeVisible()
        await page.getByTestId('path').fill(folder)
        await page.getByTestId('path').press('Enter')
        await expect(page.getByRole('button', { name: 'archive' })).toBeVisible()
        await keep(page, '1-folder-light')
        await expectAccessible(page)
        await page.getByTestId('batch').click()
      })

      await test.step('what cannot be opened is said with the reason, and the others wait in the queue', async () => {
        await expect(page.getByText(/Not begun: .*broken\.svs.*unscaled\.tif/)).toBeVisible({ timeout: 60_000 })
        await expect(page.getByText('The folder in it was not searched for slides.')).toBeVisible()
        await expect(page.getByTestId('slide')).toHaveCount(2)
        await expect(page.getByTestId('job').first()).toBeVisible()
        await keep(page, '2-queue-light')
        await page.getByTestId('theme').click()
        await keep(page, '2-queue-dark')
        await expectAccessible(page, '[data-testid=stage]')
      })

      await test.step('the table has a row for each slide, with what failed in words', async () => {
        const jobs = page.locator('[data-testid=job][data-kind=classify][data-state=done]')
        await expect(jobs).toHaveCount(2, { timeout: 10 * 60_000 })
        await page.getByTestId('tab-reports').click()
        const link = page.getByTestId('results')
        await link.scrollIntoViewIfNeeded()
        await keep(page, '3-results-dark')
        const [download] = await Promise.all([page.waitForEvent('download'), link.click()])
        const table = readFileSync(await download.path(), 'utf8')
        const rows = table.trim().split('\r\n')
        expect(rows).toHaveLength(1 + 4)
        expect(rows[1]).toMatch(/^first\.tif,.*,0\.25,0\.25,.*,whole,[\d.]+,1\d{3},/)
        expect(rows[2]).toMatch(/^second\.tif,.*,0\.25,0\.25,/)
        expect(rows.find((row) => row.startsWith('broken.svs'))).toContain('is not a slide that Karyon reads')
        expect(rows.find((row) => row.startsWith('unscaled.tif'))).toContain('µm')
      })
      expect(complaints).toEqual([])
    },
    '--project',
    test.info().outputPath('batch.karyon'),
  )
})
