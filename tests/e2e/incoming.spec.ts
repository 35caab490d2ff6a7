import { writeFileSync } from 'node:fs'
import { expect, test, type Page } from '@playwright/test'
import sharp from 'sharp'
import type { RgbImage } from '../../electron/contract/index.ts'
import { gridGeoJson } from '../support/seedNuclei.ts'
import { twoImages } from '../support/tiff.ts'
import { demoSlide } from './demo.ts'
import { atWorkbench, expectAccessible, gridInMiddle, keep, openSlide } from './workbench.ts'

/** Part of the demo slide. */
async function section(left: number, width: number, height: number): Promise<RgbImage> {
  const { data } = await sharp(demoSlide)
    .extract({ left, top: left, width, height })
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { width, height, data }
}

/** Keeps a screenshot in both themes, and leaves the light one. */
async function keepBoth(page: Page, name: string): Promise<void> {
  await keep(page, name)
  const theme = (value: 'light' | 'dark') =>
    page.evaluate((chosen) => (document.documentElement.dataset.theme = chosen), value)
  await theme('dark')
  await keep(page, `${name}-dark`)
  await theme('light')
}

test('of a file with two images the reader chooses one, and opens the other later beside it', async () => {
  const path = test.info().outputPath('sections.ome.tif')
  writeFileSync(
    path,
    twoImages(await section(100, 900, 600), await section(700, 1200, 900), ['Section A', 'Section B']),
  )
  await atWorkbench({ width: 1280, height: 720 }, async ({ page, complaints }) => {
    await page.getByTestId('open-slide').click()
    await page.getByTestId('path').fill(path)
    await page.getByTestId('path').press('Enter')
    const images = page.getByTestId('images').getByRole('button')
    await expect(images).toHaveText([/Section A.*900 × 600 px/s, /Section B.*largest.*1,200 × 900 px/s])
    await expectAccessible(page, '[data-testid=stage]')
    await keepBoth(page, '1-which')
    await images.first().click()
    await expect(page.getByTestId('slide').last()).toContainText('sections.ome.tif')
    await expect(page.getByTestId('scale-bar')).toBeVisible()

    await page.getByTestId('other-image').click()
    await expect(images.first()).toBeDisabled()
    await keep(page, '2-other')
    await images.last().click()
    await expect(page.getByTestId('slide').locator('.name')).toContainText([
      'sections.ome.tif #1',
      'sections.ome.tif #2',
    ])
    await page.reload()
    await expect(page.getByTestId('slide').locator('.name')).toContainText([
      'sections.ome.tif #1',
      'sections.ome.tif #2',
    ])
    await keep(page, '3-both')
    expect(complaints).toEqual([])
  })
})

test('files of nuclei that are dropped are shown before they are imported, one after the other', async () => {
  const classes = ['epithelial', 'Immune cells', 'Epithelial']
  const grid = gridInMiddle(12, 8, 30, 8)
  const first = test.info().outputPath('first.geojson')
  writeFileSync(
    first,
    gridGeoJson(grid, (k) => (k % 4 === 3 ? undefined : classes[k % 4])),
  )
  const second = test.info().outputPath('second.geojson')
  const whole = JSON.parse(gridGeoJson(grid)) as { features: unknown[] }
  writeFileSync(
    second,
    JSON.stringify({
      ...whole,
      features: [
        ...whole.features,
        {
          type: 'Feature',
          geometry: {
            type: 'LineString',
            coordinates: [
              [1, 1],
              [9, 9],
            ],
          },
        },
      ],
    }),
  )
  await atWorkbench({ width: 1280, height: 720 }, async ({ page, complaints }) => {
    await openSlide(page)
    // In the desktop's window the shell tells where a dropped file lies.
    await page.evaluate(
      (paths) => {
        const pathOf = (file: File) => paths.find((path) => path.endsWith(file.name)) ?? ''
        Object.assign(window, { karyon: { pathOf } })
        const files = new DataTransfer()
        for (const path of paths) files.items.add(new File(['{}'], path.split('/').at(-1)!))
        for (const type of ['dragenter', 'dragover', 'drop'])
          document.body.dispatchEvent(new DragEvent(type, { dataTransfer: files, bubbles: true, cancelable: true }))
      },
      [first, second],
    )
    const preview = page.getByTestId('import-preview')
    await expect(preview).toContainText('first.geojson holds 96 nuclei')
    await expect(preview.locator('tbody tr')).toHaveCount(4)
    await expectAccessible(page, '[data-testid=stage]')
    await keepBoth(page, '1-first')
    await page.getByTestId('import-now').click()
    await expect(preview).toContainText('second.geojson holds 96 nuclei')
    await expect(page.getByTestId('import-left')).toBeVisible()
    await keepBoth(page, '2-second')
    await page.keyboard.press('Escape')
    await expect(preview).toBeHidden()
    const job = page.locator('[data-testid=job][data-kind=import]')
    await expect(job).toHaveCount(1)
    await expect(job).toHaveAttribute('data-state', 'done')
    await expect(page.getByTestId('total')).toHaveText('96')
    expect(complaints).toEqual([])
  })
})
