import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from '@playwright/test'
import { demoSlide, writeMirrored } from './demo.ts'
import { atWorkbench, engineOf, expectAccessible, keep, openSlide } from './workbench.ts'

test('two slides are queued for analysis, stopped and resumed, and a dropped file whose path is unknown is asked for', async () => {
  await atWorkbench({ width: 1280, height: 720 }, async ({ karyon, page, complaints }) => {
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

    // Held while work is to be seen running, so that it cannot end before.
    await expect.poll(() => engineOf(karyon.pid)).toBeGreaterThan(0)
    const engine = engineOf(karyon.pid)
    process.kill(engine, 'SIGSTOP')
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
    process.kill(engine, 'SIGCONT')
    await job('detect', 'running').getByRole('button').click()
    await expect(job('detect', 'cancelled')).toHaveCount(2)
    process.kill(engine, 'SIGSTOP')
    await page.getByTestId('go-on').last().click()
    await expect(job('detect', 'running')).toHaveCount(1)
    process.kill(engine, 'SIGCONT')
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

test('a folder that was asked for later is shown though the answer for the one before comes last', async () => {
  const folder = test.info().outputPath('later')
  mkdirSync(join(folder, 'inside'), { recursive: true })
  await atWorkbench({ width: 1280, height: 720 }, async ({ page }) => {
    const held: (() => void)[] = []
    await page.route('**/rpc/slides/browse', (route) => {
      if (held.length === 0) held.push(() => void route.continue())
      else void route.continue()
    })
    await page.getByTestId('open-slide').click()
    await expect.poll(() => held.length).toBe(1)
    await page.getByTestId('path').fill(folder)
    await page.getByTestId('path').press('Enter')
    await expect(page.getByRole('button', { name: 'inside' })).toBeVisible()
    const late = page.waitForResponse('**/rpc/slides/browse')
    held[0]()
    await (await late).finished()
    await page.waitForTimeout(200)
    await expect(page.getByRole('button', { name: 'inside' })).toBeVisible()
  })
})

test('a folder without slides says so, names the files that are looked for, and says that its folders can be opened', async () => {
  const folder = test.info().outputPath('empty')
  mkdirSync(join(folder, 'reports', 'old'), { recursive: true })
  writeFileSync(join(folder, 'reports', 'report.pdf'), '')
  await atWorkbench({ width: 1280, height: 720 }, async ({ page, complaints }) => {
    const nothing = page.getByTestId('nothing-here')
    await openSlide(page)

    await test.step('in the dialog that opens a slide', async () => {
      await page.getByTestId('open-slide').click()
      await page.getByTestId('path').fill(folder)
      await page.getByTestId('path').press('Enter')
      await expect(nothing).toContainText('No slides in this folder.')
      await expect(nothing).toContainText('.svs')
      await expect(nothing).toContainText('Choose one of the folders')
      await page.getByRole('button', { name: 'reports' }).click()
      await expect(page.getByRole('button', { name: 'report.pdf' })).toBeDisabled()
      await expect(nothing).toContainText('No slides in this folder.')
      await expectAccessible(page, '[data-testid=stage]')
      await keep(page, 'english')
      await page.getByRole('button', { name: 'old', exact: true }).click()
      await expect(nothing).not.toContainText('Choose one of the folders')
      await page.getByTestId('path').fill(dirname(demoSlide))
      await page.getByTestId('path').press('Enter')
      await expect(page.getByRole('button', { name: 'demo.tif', exact: true })).toBeVisible()
      await expect(nothing).toBeHidden()
      await page.keyboard.press('Escape')
    })

    await test.step('in the other dialogs, in German too', async () => {
      await page.getByTestId('language').selectOption('de')
      for (const [dialog, says] of [
        ['import', 'Keine Dateien mit Zellkernen in diesem Ordner.'],
        ['open-folder', 'Keine Präparate in diesem Ordner.'],
      ]) {
        await page.getByTestId(dialog).click()
        await page.getByTestId('path').fill(folder)
        await page.getByTestId('path').press('Enter')
        await expect(nothing).toContainText(says)
        await expect(nothing).toContainText('Wählen Sie einen der Ordner')
        await keep(page, `german-${dialog}`)
        await page.keyboard.press('Escape')
      }
    })
    expect(complaints).toEqual([])
  })
})
