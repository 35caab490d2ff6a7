import { readFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import { settingsOf } from '../support/servedKaryon.ts'
import { classifiedProject } from './demo.ts'
import { address, atWorkbench, expectAccessible, keep } from './workbench.ts'

const kept = (home: string) => JSON.parse(readFileSync(settingsOf(home), 'utf8')) as Record<string, unknown>

test('a pathologist finds every setting of the workstation in one place, and they are kept', async () => {
  const project = classifiedProject(test.info().outputPath('project'))
  await atWorkbench(
    { width: 1280, height: 720 },
    async ({ page, karyon, origin, complaints }) => {
      const settings = page.getByTestId('settings')
      await expect(page.getByTestId('stage')).toBeVisible()

      await test.step('a key opens them, and Escape closes them', async () => {
        await page.keyboard.press('Control+,')
        await expect(settings).toBeVisible()
        await expect(page.getByTestId('settings-language')).toBeFocused()
        await page.keyboard.press('Escape')
        await expect(settings).toBeHidden()
      })

      await test.step('they say which device computes, whether OpenSlide is used, and where things are', async () => {
        await page.getByTestId('open-settings').click()
        await expect(page.getByTestId('settings-device')).toHaveText(/Processor|Graphics card/)
        await expect(page.getByTestId('settings-openslide')).toHaveText(/^\s*(Used, version|Not used)/)
        await expect(settings).toContainText(settingsOf(karyon.home))
        await expectAccessible(page, '[data-testid=stage]')
        await keep(page, 'light')
      })

      await test.step('threads and memory are kept, and the page says that they wait for the next start', async () => {
        await page.getByTestId('settings-threads').fill('1')
        await page.getByTestId('settings-threads').press('Enter')
        await page.getByTestId('settings-memory').fill('2.5')
        await page.getByTestId('settings-memory').press('Enter')
        await expect.poll(() => kept(karyon.home)).toMatchObject({ threads: 1, memoryMB: 2500 })
        await expect(page.getByTestId('threads-note')).toContainText('next started')
      })

      await test.step('the cache can be emptied', async () => {
        await expect(page.getByTestId('cache-size')).not.toHaveText('0.0 MB')
        await page.getByTestId('empty-cache').click()
        await expect(page.getByTestId('cache-size')).toHaveText('0.0 MB')
      })

      await test.step('language, theme and the reader’s name change at once and survive a reload', async () => {
        await page.getByTestId('settings-theme').selectOption('dark')
        await page.getByTestId('settings-language').selectOption('de')
        await settings.getByTestId('reader').fill('Dr. Fuchs')
        await settings.getByTestId('reader').press('Enter')
        await expect(settings).toContainText('Farbschema')
        await expectAccessible(page, '[data-testid=stage]')
        await keep(page, 'dark-german')
        await settings.evaluate((all) => (all.scrollTop = all.scrollHeight))
        await keep(page, 'dark-german-below')
        await expect.poll(() => kept(karyon.home)).toMatchObject({ language: 'de', theme: 'dark' })
        await page.goto(address(origin))
        await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
        await page.getByTestId('open-settings').click()
        await expect(settings.getByTestId('reader')).toHaveValue('Dr. Fuchs')
        await expect(page.getByTestId('settings-language')).toHaveValue('de')
      })
      expect(complaints).toEqual([])
    },
    '--project',
    project,
  )
})
