import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import { classifiedProject, writeMirrored } from './demo.ts'
import { atWorkbench, keep, numberIn, openSlide, type Workbench } from './workbench.ts'

const work = 5 * 60_000 // ms that a map may take on two busy cores

test('the map of nuclei leads to a nucleus on the slide, and attention is shown for it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'karyon-e2e-'))
  try {
    await atWorkbench({ width: 1280, height: 800 }, look, '--project', classifiedProject(folder))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

async function look({ page, complaints }: Workbench): Promise<void> {
  const canvas = page.getByTestId('map-canvas')
  const total = () => numberIn(page.getByTestId('total'))

  await test.step('the map of a slide without nuclei says that there are none', async () => {
    await openSlide(page, await writeMirrored(test.info().outputPath('blank.tif'), 4_000))
    await expect(page.getByTestId('slide')).toHaveCount(2)
    await page.keyboard.press('Shift+M')
    await expect(page.getByTestId('map')).toContainText('no nuclei yet')
    await expect(page.getByTestId('make-map')).toHaveCount(0)
    await page.getByTestId('slide').first().click()
    await expect(page.getByTestId('total')).toHaveText(/[1-9]/)
  })

  await test.step('a cancelled map is made completely the next time', async () => {
    await page.getByTestId('make-map').click()
    await page.getByTestId('cancel-map').click()
    await expect(page.locator('[data-testid=job][data-kind=embed]').first()).toHaveAttribute('data-state', 'cancelled')
    await expect(canvas).toHaveAttribute('data-nuclei', '0')
    await page.getByTestId('make-map').click()
    await expect(canvas).toHaveAttribute('data-nuclei', String(await total()), { timeout: work })
    await expect(page.getByTestId('map')).toContainText(/UMAP of all [\d,]+ nuclei/)
    await keep(page, '1-map')
  })

  await test.step('a click on the map goes to that nucleus on the slide', async () => {
    const box = (await canvas.boundingBox())!
    const before = await page.getByTestId('magnification').textContent()
    const hovered = page.getByTestId('map').locator('.hovered')
    let found = false
    for (let y = box.y + 20; y < box.y + box.height && !found; y += 18)
      for (let x = box.x + box.width * 0.3; x < box.x + box.width * 0.7 && !found; x += 18) {
        await page.mouse.move(x, y)
        await page.waitForTimeout(20)
        found = await hovered.isVisible()
      }
    expect(found).toBe(true)
    await page.mouse.down()
    await page.mouse.up()
    await page.getByTestId('tab-nucleus').click()
    await expect(page.getByTestId('nucleus')).toContainText(/Nucleus \d+/)
    await expect(page.getByTestId('magnification')).not.toHaveText(before ?? '')
    await page.mouse.wheel(0, -400)
    await keep(page, '2-nucleus')
    await canvas.focus()
    await page.keyboard.press('Home')
  })

  await test.step('one key shows the attention of the nucleus, then of [CLS], then of one attention head', async () => {
    const heat = page.getByTestId('attention-overlay')
    await expect(heat).toHaveCount(0)
    await page.getByTestId('stage').hover()
    await page.keyboard.press('Shift+A')
    await expect(heat).toBeVisible({ timeout: 60_000 })
    const pixels = () => heat.evaluate((c) => (c as HTMLCanvasElement).toDataURL())
    const ofNucleus = await pixels()
    await page.getByTestId('stage').hover()
    for (let i = 0; i < 3; i++) {
      await page.mouse.wheel(0, 240)
      await page.waitForTimeout(150)
    }
    await keep(page, '3-attention')
    await page.getByTestId('attention-query').selectOption('cls')
    await expect.poll(pixels).not.toBe(ofNucleus)
    const ofCls = await pixels()
    await page.getByTestId('attention-head').selectOption({ label: 'last block, head 2' })
    await expect.poll(pixels).not.toBe(ofCls)
    await page.getByTestId('theme').click()
    await keep(page, '4-dark')
    await page.keyboard.press('Shift+A')
    await expect(heat).toHaveCount(0)
  })

  const { violations } = await new AxeBuilder({ page })
    .include('[data-testid=map]')
    .include('[data-testid=nucleus]')
    .analyze()
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(' ')}`)).toEqual([])
  expect(complaints, 'the browser has nothing to complain of').toEqual([])
}
