import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from '@playwright/test'
import sharp from 'sharp'
import { startOpenSlide } from '../../electron/slides/openslide/startProcess.ts'
import { trestleSlide } from '../support/trestle.ts'
import { demoSlide } from './demo.ts'
import { atRest, atWorkbench, keep } from './workbench.ts'

test.skip(process.platform !== 'linux', 'The processes that Karyon has started are looked up in /proc.')

/** Process ids of the children of a process. */
const childrenOf = (pid: number) =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(/\s+/).map(Number).filter(Boolean)
const isOpenSlide = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('openslide/child')

test('where OpenSlide’s process is killed while tiles are read, the window says so, and every tile comes', async () => {
  const started = await startOpenSlide()
  test.skip('missing' in started, 'OpenSlide is not on this machine (package libopenslide0, or KARYON_OPENSLIDE).')
  if (!('missing' in started)) await started.end()
  const level = async (width: number, height: number) => {
    const data = await sharp(demoSlide).resize({ width, height, fit: 'fill' }).raw().toBuffer()
    return { width, height, data }
  }
  const path = test.info().outputPath('scan.tif')
  // The first view needs the smaller level alone, so that level 0 is not yet in the host's cache.
  writeFileSync(path, trestleSlide(await level(6144, 4096), 256, await level(1536, 1024)))
  await atWorkbench({ width: 1280, height: 720 }, async ({ page, karyon }) => {
    await page.getByTestId('open-slide').click()
    await page.getByTestId('path').fill(path)
    await page.getByTestId('path').press('Enter')
    await page.getByTestId('mpp').fill('0.5')
    await page.getByTestId('mpp').press('Enter')
    await expect(page.getByTestId('scale-bar')).toBeVisible()
    await atRest(page)
    const openSlide = childrenOf(karyon.pid).filter(isOpenSlide)
    expect(openSlide.length).toBeGreaterThan(0)
    // Held, so that it is sure to be reading when it is killed.
    for (const pid of openSlide) process.kill(pid, 'SIGSTOP')
    const asked = page.waitForRequest(/\/tiles\/0\//)
    await page.getByTestId('stage').hover()
    for (let k = 0; k < 4; k++) await page.keyboard.press('+')
    await asked
    const failed = page.waitForResponse((response) => /\/tiles\//.test(response.url()) && response.status() === 422)
    for (const pid of openSlide) process.kill(pid, 'SIGKILL')
    const url = (await failed).url()
    await page.waitForResponse((response) => response.url() === url && response.ok())
    await expect(page.getByTestId('notice')).toHaveCount(1)
    await expect(page.getByTestId('notice')).toContainText('OpenSlide’s process ended while it read scan.tif')
    await keep(page, 'killed')
  })
})
