import { expect, test } from '@playwright/test'
import { writeMirrored } from './demo.ts'
import { atWorkbench, keep, openSlide } from './workbench.ts'

test('two slides are queued for analysis, stopped and resumed, and a dropped file whose path is unknown is asked for', async () => {
  await atWorkbench({ width: 1280, height: 720 }, async ({ page, complaints }) => {
    await openSlide(page)
    await page.getByTestId('open-slide').click()
    await page.getByTestId('path').fill(await writeMirrored(test.info().outputPath('unscaled.tif')))
    await page.getByTestId('path').press('Enter')
    await page.getByTestId('mpp').fill('0.25') // the file does not say
    await page.getByTestId('mpp').press('Enter')
    const slides = page.getByTestId('slide')
    await expect(slides).toHaveCount(2)
    for (const picture of await slides.locator('img').all())
      await expect.poll(() => picture.evaluate((img) => (img as HTMLImageElement).naturalHeight)).toBeGreaterThan(40)

    await page.getByTestId('work-through').click()
    const job = (kind: string, state: string) =>
      page.locator(`[data-testid=job][data-kind=${kind}][data-state=${state}]`)
    await expect(job('detect', 'running')).toHaveCount(1)
    await expect(job('detect', 'waiting')).toHaveCount(1)
    await expect(job('classify', 'waiting')).toHaveCount(2)
    await keep(page, '1-queued')
    await job('classify', 'waiting').first().getByRole('button').click()
    await job('classify', 'waiting').first().getByRole('button').click()
    await job('detect', 'waiting').getByRole('button').click()
    await job('detect', 'running').getByRole('button').click()
    await expect(job('detect', 'cancelled')).toHaveCount(2)
    await page.getByTestId('go-on').last().click()
    await expect(job('detect', 'running')).toHaveCount(1)
    await job('detect', 'running').getByRole('button').click()

    await page.evaluate(() => {
      const files = new DataTransfer()
      files.items.add(new File(['{}'], 'nuclei.geojson'))
      const fire = (type: string) =>
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer: files, bubbles: true, cancelable: true }))
      fire('dragenter')
      fire('dragover')
      fire('drop')
    })
    await expect(page.getByTestId('dropped')).toContainText('where nuclei.geojson lies')
    await keep(page, '2-dropped')
    expect(complaints).toEqual([])
  })
})
