import { expect, test } from '@playwright/test'
import { atWorkbench, expectAccessible, keep, madeUp, numberIn } from './workbench.ts'

const nuclei = 3000

test('counts are corrected by a blind audit that is answered by keys alone', async () => {
  const project = await madeUp(test.info().outputPath(), nuclei)
  await atWorkbench(
    { width: 1440, height: 900 },
    async ({ page, complaints }) => {
      const strip = page.getByTestId('strip')

      await test.step('the reports say that there is no interval yet, and begin the audit', async () => {
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
      expect(complaints).toEqual([])
    },
    '--project',
    project,
  )
})
