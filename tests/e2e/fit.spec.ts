import { expect, test } from '@playwright/test'
import sharp from 'sharp'
import { demoSlide } from './demo.ts'
import { atWorkbench, expectAccessible, jobDone, keep, openSlide } from './workbench.ts'

/** A part of the demo slide as a scanner out of focus would give it, which makes it another slide. */
async function blurred(path: string): Promise<string> {
  await sharp(demoSlide)
    .extract({ left: 300, top: 300, width: 1400, height: 1200 })
    .blur(6)
    .tiff({ tile: true, pyramid: true, compression: 'jpeg', xres: 4000, yres: 4000 })
    .toFile(path)
  return path
}

test('a slide that is out of focus is not searched before its reader has said to go on, which is asked once', async () => {
  const path = await blurred(test.info().outputPath('blurred.tif'))
  await atWorkbench({ width: 1280, height: 800 }, async ({ page, complaints }) => {
    await openSlide(page, path)

    await test.step('the page says what is wrong with the slide, and what to do', async () => {
      await page.getByTestId('find-nuclei').click()
      const misfit = page.locator('[data-finding=fitBlurred]')
      await expect(misfit).toContainText('blurred')
      await expect(misfit).toContainText('Scan it again')
      await keep(page, '1-unfit')
      await expectAccessible(page, '[data-testid=stage]')
      await page.getByTestId('not-now').click()
      await expect(misfit).toBeHidden()
      await expect(page.getByTestId('job')).toHaveCount(0)
      await page.getByTestId('theme').click()
      await page.getByTestId('find-nuclei').click()
      await expect(misfit).toBeVisible()
      await keep(page, '1-unfit-other-theme')
      await expectAccessible(page, '[data-testid=stage]')
      await page.keyboard.press('Escape')
      await expect(misfit).toBeHidden()
      await expect(page.getByTestId('job')).toHaveCount(0)
    })

    await test.step('told to go on, it searches, and does not ask again', async () => {
      await page.getByTestId('find-in-view').click()
      await page.getByTestId('go-on-anyway').click()
      await jobDone(page, 'detect')
      await page.reload()
      await page.getByRole('button', { name: 'Find again' }).or(page.getByTestId('find-nuclei')).first().click()
      await expect(page.locator('[data-testid=job][data-kind=detect]')).toHaveCount(2)
      await expect(page.getByTestId('misfits')).toBeHidden()
    })
    expect(complaints).toEqual([])
  })
})
