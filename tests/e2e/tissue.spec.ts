import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { atWorkbench, expectAccessible, keep, madeUp, numberIn } from './workbench.ts'

const nuclei = 3_000

test('the tissue is shown, an area is excluded from it, and counts and densities follow', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'karyon-e2e-'))
  const project = await madeUp(folder, nuclei)
  try {
    await atWorkbench(
      { width: 1280, height: 720 },
      async ({ page, complaints }) => {
        const number = (id: string) => numberIn(page.getByTestId(id))
        const veil = page.getByTestId('tissue')
        const box = (await page.getByTestId('stage').boundingBox())!
        const corner = (x: number, y: number) => page.mouse.click(box.x + box.width * x, box.y + box.height * y)
        const drawBand = async () => {
          for (const [x, y] of [
            [0.35, 0.2],
            [0.5, 0.2],
            [0.5, 0.8],
            [0.35, 0.8],
          ])
            await corner(x, y)
          await page.keyboard.press('Enter')
        }
        await expect.poll(() => number('tissue-area')).toBeGreaterThan(0.1)
        const found = await number('tissue-area')
        await expect.poll(() => number('area-tissue')).toBe(found)

        await test.step('one key shows and hides the tissue', async () => {
          await page.getByTestId('stage').hover()
          await page.keyboard.press('Home')
          await expect(veil).toHaveCount(0)
          await page.keyboard.press('Shift+U')
          await expect(veil).toHaveCount(1)
          await keep(page, '1-found')
        })

        await test.step('an excluded area is no longer tissue', async () => {
          await page.keyboard.press('Shift+N')
          await expect(page.getByText('Click around what is not to count')).toBeVisible()
          await drawBand()
          await expect.poll(() => number('tissue-area')).toBeLessThan(found)
          await expect(page.getByRole('button', { name: 'Remove Taken out 1' })).toBeVisible()
          await expect.poll(() => number('area-tissue')).toBe(await number('tissue-area'))
          await page.mouse.move(box.x + 20, box.y + box.height - 20)
          await keep(page, '2-taken-out')
        })

        await test.step('nuclei in an excluded area are no longer counted, and the page says how many they are', async () => {
          const outside = await number('outside')
          expect(outside).toBeGreaterThan(50)
          await expect.poll(() => number('total')).toBe(nuclei - outside)
          await expect(page.getByTestId('outside-legend')).toContainText(`${outside} on this slide`)
          await expect(page.getByTestId('slide')).toContainText(`${outside} outside the tissue`)
          await expect.poll(async () => (await number('total-view')) <= nuclei - outside).toBe(true)
          const zoom = page.getByTestId('stage')
          await zoom.hover({ position: { x: box.width * 0.35, y: box.height * 0.5 } })
          for (let k = 0; k < 5; k++) await page.mouse.wheel(0, -240)
          await expect(page.getByTestId('overlay')).toHaveAttribute('data-level', 'outlines')
          await keep(page, '3-outside')
          await page.getByRole('tab', { name: 'Reports' }).click()
          await expect(page.getByTestId('outside-report')).toContainText(`${outside} nuclei outside the tissue`)
          await page.getByRole('tab', { name: 'Classes' }).click()
          await page.keyboard.press('Control+z')
          await expect.poll(() => number('total')).toBe(nuclei)
          await expect(page.getByTestId('outside-legend')).toHaveCount(0)
          await page.keyboard.press('Control+Shift+z')
          await expect.poll(() => number('total')).toBe(nuclei - outside)
          await zoom.hover()
          await page.keyboard.press('Home')
        })

        await test.step('undo restores the area, and an added area can be removed again', async () => {
          const less = await number('tissue-area')
          await page.keyboard.press('Control+z')
          await expect.poll(() => number('tissue-area')).toBe(found)
          await page.keyboard.press('Control+Shift+z')
          await expect.poll(() => number('tissue-area')).toBe(less)
          await page.getByTestId('add-area').click()
          await drawBand()
          await expect(page.getByTestId('regions')).toHaveAttribute('data-regions', '2')
          await page.getByRole('button', { name: 'Remove Added 1' }).click()
          await page.getByRole('button', { name: 'Remove Taken out 1' }).click()
          await expect.poll(() => number('tissue-area')).toBe(found)
          await page.getByTestId('show-tissue').click()
          await expect(veil).toHaveCount(0)
        })
        await test.step('the counts return to their first values', async () => {
          await expect.poll(() => number('area-tissue')).toBe(found)
          await expect.poll(() => number('total')).toBe(nuclei)
        })

        await test.step('figures and history are shown in German', async () => {
          await page.getByTestId('language').selectOption('de')
          await expect(page.getByTestId('area-tissue')).toHaveText(/^\d+,\d+$/)
          await expect(page.getByTestId('tissue-area')).toHaveText(/^\d+,\d+ mm²$/)
          await expect(page.getByTestId('history')).toContainText('Aus dem Gewebe genommen: Taken out 1')
          await expect(page.getByTestId('history')).toContainText('Region Added 1 entfernt')
          await keep(page, '4-german')
          await page.getByTestId('language').selectOption('en')
        })
        await expectAccessible(page)
        expect(complaints).toEqual([])
      },
      '--project',
      project,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
