import { rmSync, writeFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import { atWorkbench, expectAccessible, keep, madeUp } from './workbench.ts'

test('an engine that ends again and again is said to be off, and a button starts it again', async () => {
  const folder = test.info().outputPath()
  const project = await madeUp(folder, 200)
  const [isSick, preload] = [test.info().outputPath('sick'), test.info().outputPath('sick.cjs')]
  writeFileSync(isSick, '')
  const engineIsSick = `/engine.main/.test(process.argv[1] ?? '') && require('node:fs').existsSync(${JSON.stringify(isSick)})`
  writeFileSync(preload, `if (${engineIsSick}) process.exit(9)`)
  const { NODE_OPTIONS } = process.env
  process.env.NODE_OPTIONS = `--require=${preload}`
  try {
    await atWorkbench(
      { width: 1280, height: 720 },
      async ({ page, complaints }) => {
        const notice = page.getByTestId('engine-given-up')
        const failed = page.locator('[data-testid=job][data-kind=classify][data-state=failed]')

        await test.step('the page says so after the engine has ended five times in a row', async () => {
          await expect(page.getByTestId('stage')).toBeVisible()
          // Its greeting was the first end. Each further start waits twice as long as the one before.
          for (let k = 1; k < 5; k++) {
            await expect(notice).toBeHidden()
            await page.getByTestId('classify').first().click()
            await expect(failed).toHaveCount(k, { timeout: 30_000 })
          }
          await page.getByTestId('language').selectOption('de')
          await expect(notice).toContainText('endete 5-mal nacheinander')
        })

        await test.step('a start that fails again raises the number of ends in the notice', async () => {
          await page.getByTestId('start-engine').click()
          await expect(notice).toContainText('endete 6-mal nacheinander')
          await expectAccessible(page, '[data-testid=stage]')
          await keep(page, 'german')
        })

        await test.step('once it is well, the button starts it and the notice goes', async () => {
          await page.getByTestId('language').selectOption('en')
          await expect(notice).toContainText('it stopped with code 9')
          await keep(page, 'english')
          rmSync(isSick)
          await page.getByTestId('start-engine').click()
          await expect(notice).toBeHidden({ timeout: 60_000 })
          await page.getByTestId('open-settings').click()
          await expect(page.getByTestId('settings-device')).toHaveText(/Processor|Graphics card/)
        })
        expect(complaints).toEqual([])
      },
      '--project',
      project,
    )
  } finally {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS
    else process.env.NODE_OPTIONS = NODE_OPTIONS
  }
})
