import { rmSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import { settingsOf } from '../support/servedKaryon.ts'
import { classifiedProject } from './demo.ts'
import { address, atWorkbench, expectAccessible, keep, madeUp } from './workbench.ts'

test('the first hour: a new user is led through five steps, once', async () => {
  const project = classifiedProject(test.info().outputPath('project'))
  await atWorkbench(
    { width: 1280, height: 720 },
    async ({ page, karyon, origin, complaints }) => {
      const guide = page.getByTestId('guide')
      await expect(page.getByTestId('total')).toHaveText(/\d/)
      await expect(guide).toBeHidden()
      rmSync(settingsOf(karyon.home))
      await page.goto(address(origin))

      await test.step('each step points at the control that it is about, and nothing moves', async () => {
        await expect(guide).toBeVisible()
        await expectAccessible(page, '[data-testid=stage]')
        const place = await page.getByTestId('guide-next').boundingBox()
        const targets = ['open-slide', 'detect', 'legend', 'live', 'place-counts']
        for (const [i, target] of targets.entries()) {
          await expect(guide).toContainText(`${i + 1} of 5`)
          await expect(async () => {
            const ring = (await page.getByTestId('guide-ring').boundingBox())!
            const control = (await page.getByTestId(target).boundingBox())!
            expect(ring.x).toBeLessThanOrEqual(control.x)
            expect(ring.y).toBeLessThanOrEqual(control.y)
            expect(ring.y + ring.height).toBeGreaterThan(control.y + control.height / 2)
          }).toPass({ timeout: 5_000 })
          await keep(page, `step-${i + 1}`)
          if (i === 0) await page.getByTestId('theme').click()
          const now = (await page.getByTestId('guide-next').boundingBox())!
          expect(now.x + now.width).toBeCloseTo(place!.x + place!.width, 0)
          expect(now.y).toBeCloseTo(place!.y, 0)
          await page.getByTestId('guide-next').click()
        }
        await expect(guide).toBeHidden()
        await expect(page.getByTestId('guide-ring')).toBeHidden()
      })

      await test.step('it stays away, until the settings show it again; Escape skips it', async () => {
        await page.goto(address(origin))
        await expect(page.getByTestId('total')).toHaveText(/\d/)
        await expect(guide).toBeHidden()
        await page.getByTestId('open-settings').click()
        await page.getByTestId('guide-again').click()
        await expect(guide).toContainText('1 of 5')
        await page.keyboard.press('Escape')
        await expect(guide).toBeHidden()
      })
      expect(complaints).toEqual([])
    },
    '--project',
    project,
  )
})

test('who opens a project with labels is not led through the first steps', async () => {
  const project = await madeUp(test.info().outputPath(), 500)
  await atWorkbench(
    { width: 1280, height: 720 },
    async ({ page, karyon, origin }) => {
      await expect(page.getByTestId('total')).toHaveText(/\d/)
      rmSync(settingsOf(karyon.home))
      await page.goto(address(origin))
      await expect(page.getByTestId('total')).toHaveText(/\d/)
      await expect(page.getByTestId('guide')).toBeHidden()
    },
    '--project',
    project,
  )
})
