import { cpSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, type Page } from '@playwright/test'
import { openProject } from '../../electron/store/index.ts'
import { fillUp, mountDisk } from '../support/mountDisk.ts'
import { middle } from '../support/seedNuclei.ts'
import { writeMirrored } from './demo.ts'
import {
  atRest,
  atWorkbench,
  expectAccessible,
  gridInMiddle,
  keep,
  openSlide,
  seed,
  toPage,
  type Workbench,
} from './workbench.ts'

const grid = gridInMiddle(10, 6, 30, 8)
const window = { width: 1280, height: 800 }

/** Comes near the grid; how to label nucleus k of it by a click and a key. */
async function labeller(page: Page): Promise<(k: number, key: string) => Promise<void>> {
  await openSlide(page)
  await seed(page, grid)
  await page.getByTestId('stage').hover()
  for (let k = 0; k < 2; k++) await page.keyboard.press('+')
  const place = await toPage(page)
  return async (k, key) => {
    const { x, y } = place(middle(grid, k))
    await page.mouse.click(x, y)
    await page.keyboard.press(key)
  }
}

/** From now on the window does not try again by itself: what is saved then was saved by the button. */
async function putOffRetries(page: Page): Promise<void> {
  await page.evaluate(() => {
    const setTimer = globalThis.setTimeout
    const slow = (work: () => void, delay = 0) => setTimer(work, delay >= 1_000 ? 3_600_000 : delay)
    globalThis.setTimeout = slow as typeof setTimer
  })
  // The try that was already due fails, and sets the next one an hour off.
  await page.waitForResponse((response) => response.url().includes('/rpc/') && response.status() === 422)
  await page.waitForTimeout(100)
}

const labelled = (page: Page, n: number) =>
  expect(page.getByTestId('slide').first()).toContainText(`${n} labelled`, { timeout: 30_000 })

/** Class ids of people's labels as they lie in the file. */
function labelsIn(file: string): number[] {
  const project = openProject(file)
  const { id } = project.nuclei.heads(1)
  const labels = [...project.labels.labelsOf(id)]
  project.close()
  return labels
}

test('labels and a region made while the disk is full are shown as unsaved, and saved once there is room', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'karyon-e2e-'))
  const disk = join(folder, 'disk')
  const unmount = mountDisk(disk, 8)
  test.skip(unmount === undefined, 'A test may not mount a small disk here.')
  const file = join(disk, 'study.karyon')
  const filler = join(disk, 'filler')
  const use = async ({ page, complaints }: Workbench) => {
    const label = await labeller(page)
    for (let k = 0; k < 5; k++) await label(k, '1')
    await labelled(page, 5)
    fillUp(filler)
    for (let k = 5; k < 15; k++) await label(k, '2')
    const notice = page.getByTestId('not-saved')
    await expect(notice).toContainText('Not saved yet – inflammatory: 10')
    await expect(page.getByTestId('obstacle')).toContainText('disk is full')
    await expect(page.getByTestId('unsaved')).toHaveText('Saving…')
    await keep(page, '1-full')
    await test.step('a region drawn meanwhile waits as well', async () => {
      await page.keyboard.press('Shift+R')
      const box = (await page.getByTestId('stage').boundingBox())!
      for (const [x, y] of [
        [0.4, 0.3],
        [0.6, 0.3],
        [0.6, 0.6],
      ])
        await page.mouse.click(box.x + box.width * x, box.y + box.height * y)
      await page.keyboard.press('Enter')
      await expect(notice).toContainText('Region 1: 1')
      await expect(page.getByTestId('regions')).toHaveAttribute('data-unsaved', '1')
      await expect(page.getByTestId('unsaved')).toHaveText('Saving…')
    })
    await expectAccessible(page)
    await page.getByTestId('theme').click()
    await page.getByTestId('language').selectOption('de')
    await expect(notice).toContainText('Noch nicht gespeichert')
    await expect(page.getByTestId('obstacle')).toContainText('Die Platte ist voll')
    await expect(page.getByTestId('job').first()).toContainText('grid.geojson einlesen')
    await expect(page.getByTestId('job').first()).toContainText('60 Zellkerne eingelesen.')
    await keep(page, '2-full-german-dark')
    await page.getByTestId('language').selectOption('en')
    await label(15, '3') // the reader goes on
    await putOffRetries(page)
    rmSync(filler)
    await expect(notice).toBeVisible()
    await page.getByTestId('save-now').click()
    await expect(notice).toBeHidden()
    await labelled(page, 16)
    await expect(page.getByTestId('regions')).toHaveAttribute('data-regions', '1')
    await expect(page.getByTestId('regions')).toHaveAttribute('data-unsaved', '0')
    await label(16, '3')
    await labelled(page, 17)
    expect(complaints).toEqual([])
  }
  try {
    await atWorkbench(window, use, '--project', file)
    expect(labelsIn(file).filter((id) => id > 0)).toHaveLength(17)
  } finally {
    unmount?.()
    rmSync(folder, { recursive: true, force: true })
  }
})

test('labels made while the project’s drive is disconnected wait in the window and are saved when it returns', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'karyon-e2e-'))
  const drive = join(folder, 'drive')
  mkdirSync(drive)
  const file = join(drive, 'study.karyon')
  const use = async ({ page, complaints }: Workbench) => {
    const label = await labeller(page)
    const slides = page.getByTestId('slide')
    await openSlide(page, await writeMirrored(join(folder, 'other.tif'), 4_000))
    await expect(slides).toHaveCount(2)
    await slides.first().click()
    await atRest(page)
    for (let k = 0; k < 4; k++) await label(k, '1')
    await labelled(page, 4)
    const notice = page.getByTestId('not-saved')

    await test.step('the folder is moved away and back', async () => {
      renameSync(drive, `${drive}-away`)
      for (let k = 4; k < 7; k++) await label(k, '2')
      await expect(page.getByTestId('obstacle')).toContainText('its drive or folder is away')
      await expect(notice).toContainText('Not saved yet – inflammatory: 3')
      await keep(page, '1-away')
      const count = page.locator('[data-testid=legend] tr[data-class=inflammatory]').getByTestId('count')
      await expect(count).toHaveText('3')
      await slides.last().click()
      await expect(count).toHaveText('0')
      await slides.first().click()
      await expect(count).toHaveText('3')
      await atRest(page)
      renameSync(`${drive}-away`, drive)
      await expect(notice).toBeHidden()
      await labelled(page, 7)
    })

    await test.step('the drive comes back as another device', async () => {
      renameSync(drive, `${drive}-away`)
      await label(7, '3')
      await expect(notice).toBeVisible()
      cpSync(`${drive}-away`, drive, { recursive: true })
      await expect(notice).toBeHidden()
      await labelled(page, 8)
      await page.keyboard.press('Control+Z')
      await labelled(page, 7)
      await label(8, '4')
      await labelled(page, 8)
    })
    expect(complaints).toEqual([])
  }
  try {
    await atWorkbench(window, use, '--project', file)
    expect(labelsIn(file).filter((id) => id > 0)).toHaveLength(8)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
