import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, type Page } from '@playwright/test'
import { middle } from '../support/seedNuclei.ts'
import {
  address,
  atWorkbench,
  engineOf,
  expectAccessible,
  gridInMiddle,
  keep,
  openSlide,
  seed,
  toPage,
} from './workbench.ts'

const grid = gridInMiddle(6, 5, 30, 8)
const nameOf = (page: Page) => page.getByTestId('project')

/** The one other project that was open lately: the open one cannot be chosen. */
const otherProject = (page: Page) => page.locator('[data-testid=recent-project]:enabled')

test('projects are created, reopened and switched, and no window mixes them up', async () => {
  await atWorkbench({ width: 1280, height: 800 }, async ({ karyon, page, context, origin, complaints }) => {
    const folder = join(karyon.home, 'studies')
    mkdirSync(folder)
    await expect(nameOf(page)).toContainText('review')
    await openSlide(page)
    await seed(page, grid)

    await test.step('a new project is made by keys alone', async () => {
      await page.evaluate(() => (document.activeElement as HTMLElement).blur())
      await page.keyboard.press('Shift+P')
      await expect(page.getByTestId('recent-project')).toHaveCount(1)
      await expect(page.getByTestId('recent-project')).toContainText('open now')
      await keep(page, '1-recent')
      await page.getByTestId('new-project').press('Enter')
      await page.getByTestId('path').fill(folder)
      await page.getByTestId('path').press('Enter')
      await page.getByTestId('project-name').fill('Gastric biopsies')
      await keep(page, '2-new')
      await expectAccessible(page)
      await page.getByTestId('project-name').press('Enter')
      await expect(nameOf(page)).toContainText('Gastric biopsies')
      await expect(page).toHaveTitle('Gastric biopsies – Karyon')
      await expect(page.getByTestId('slide')).toHaveCount(0)
    })

    await test.step('an earlier project is opened again with its slide and nuclei', async () => {
      await nameOf(page).click()
      const recent = page.getByTestId('recent-project')
      await expect(recent).toHaveCount(2)
      await expect(recent.first()).toContainText('Gastric biopsies')
      await recent.nth(1).click()
      await expect(nameOf(page)).toContainText('review')
      await expect(page.getByTestId('total')).toHaveText('30')
    })

    await test.step('running work is stopped only after the reader confirms', async () => {
      await expect.poll(() => engineOf(karyon.pid)).toBeGreaterThan(0)
      const engine = engineOf(karyon.pid)
      process.kill(engine, 'SIGSTOP') // held, so that it is sure to be at work when it is stopped
      await page.getByTestId('detect').click()
      await expect(page.locator('[data-testid=job][data-state=running]')).toHaveCount(1)
      await nameOf(page).click()
      await otherProject(page).click()
      await expect(page.getByTestId('at-stake')).toContainText('Finding nuclei')
      await keep(page, '3-at-stake')
      await expectAccessible(page)
      await page.getByRole('button', { name: 'Go on working here' }).click()
      await expect(page.locator('[data-testid=job][data-state=running]')).toHaveCount(1)
      await nameOf(page).click()
      await otherProject(page).click()
      process.kill(engine, 'SIGCONT')
      await page.getByTestId('stop-and-open').click()
      await expect(nameOf(page)).toContainText('Gastric biopsies')
    })

    await test.step('a second window follows, and its unsaved labels wait for their own project', async () => {
      await nameOf(page).click()
      await otherProject(page).click()
      await expect(nameOf(page)).toContainText('review')
      const other = await context.newPage()
      await other.goto(address(origin))
      await expect(nameOf(other)).toContainText('review')
      await expect(other.getByTestId('total')).not.toHaveText('0')
      // The other window's labels do not get through while this one opens another project.
      let isHeld = true
      await other.route('**/rpc/labels/**', (route) => (isHeld ? route.abort() : route.continue()))
      await selectAny(other)
      await other.keyboard.press('1')
      await expect(other.getByTestId('unsaved')).not.toBeEmpty()
      await nameOf(page).click()
      await otherProject(page).click()
      await expect(nameOf(page)).toContainText('Gastric biopsies')
      await expect(other.getByTestId('elsewhere')).toContainText('Gastric biopsies was opened in another window')
      isHeld = false
      await keep(other, '4-elsewhere')
      await expectAccessible(other)
      await other.getByRole('button', { name: 'Open review again and save' }).click()
      await expect(other.getByTestId('elsewhere')).toBeHidden()
      await expect(nameOf(other)).toContainText('review')
      await expect(other.getByTestId('slide').first()).toContainText('1 labelled')
      await expect(nameOf(page)).toContainText('review')
      await expect(page.getByTestId('slide').first()).toContainText('1 labelled')
      await other.close()
    })

    await test.step('a project that is not there is shown as missing and can be removed from the list, in German and dark', async () => {
      renameSync(join(folder, 'Gastric biopsies.karyon'), join(folder, 'away'))
      await page.getByTestId('language').selectOption('de')
      await page.getByTestId('theme').click()
      await nameOf(page).click()
      const gone = page.getByTestId('recent-project').nth(1)
      await expect(gone).toBeDisabled()
      await expect(gone).toContainText('nicht da')
      await keep(page, '5-gone-german-dark')
      await expectAccessible(page)
      await page.getByTestId('forget-project').click()
      await expect(page.getByTestId('recent-project')).toHaveCount(1)
      await page.keyboard.press('Escape')
      await expect(page.getByTestId('recent-projects')).toBeHidden()
    })
    expect(complaints.filter((text) => !/net::ERR_FAILED|status of 410/.test(text))).toEqual([])
  })
})

/** Goes nearer and selects a nucleus of the grid by a click. */
async function selectAny(page: Page): Promise<void> {
  await page.getByTestId('stage').hover()
  for (let k = 0; k < 2; k++) await page.keyboard.press('+')
  const place = await toPage(page)
  const { x, y } = place(middle(grid, 8))
  await page.mouse.click(x, y)
}
