import { titled } from '../support/messages.ts'
import { copyFileSync, existsSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from '@playwright/test'
import { openProject } from '../../electron/store/index.ts'
import { atRest, atWorkbench, expectAccessible, gridInMiddle, keep, openSlide, seed } from './workbench.ts'

const grid = gridInMiddle(10, 6, 34, 8)
const all = grid.columns * grid.rows

/** A copy of an open project in which a reader labelled the first `nuclei` of its slide; where it lies. */
function copyBy(reader: string, path: string, nuclei: number): string {
  const copy = join(dirname(path), 'copy.karyon')
  // With its write-ahead log, in which the newest labels are while it is open.
  for (const part of ['', '-wal']) if (existsSync(path + part)) copyFileSync(path + part, copy + part)
  const project = openProject(copy)
  const ids = project.nuclei.heads(1).id.slice(0, nuclei)
  project.label({ slideId: 1, reader, title: titled('a copy'), ids, classId: project.classes.all()[0].id })
  project.close()
  return copy
}

test('nuclei are reviewed in gallery and film strip, and disputes of two readers are decided', async () => {
  await atWorkbench({ width: 1280, height: 720 }, async ({ page, origin, complaints }) => {
    await openSlide(page)
    await seed(page, grid)
    await page.getByTestId('classify-nuclei').click()
    await expect(page.locator('[data-testid=job][data-kind=classify]').first()).toHaveAttribute('data-state', 'done', {
      timeout: 120_000,
    })
    const labelled = page.getByTestId('slide').first()
    const strip = page.getByTestId('strip')
    const rpc = async (path: string, input: object): Promise<unknown> => {
      const headers = { 'content-type': 'application/json', origin }
      const response = await page.request.post(`${origin}/rpc/${path}`, { data: { json: input }, headers })
      expect(response.ok(), await response.text()).toBe(true)
      return ((await response.json()) as { json: unknown }).json
    }

    await test.step('the gallery shows every nucleus and leads to each on the slide', async () => {
      await page.getByTestId('stage').hover()
      await page.keyboard.press('Shift+G')
      await page.getByTestId('review-order').selectOption('class')
      await expect(page.getByTestId('gallery')).toHaveAttribute('data-nuclei', String(all))
      await page.getByTestId('review-order').selectOption('alike')
      await expect(page.getByText('Select a nucleus first')).toBeVisible()
      await expect(page.getByTestId('review-order')).toHaveValue('class')
      await expect(page.getByTestId('review-class')).toBeVisible()
      await atRest(page)
      const before = await page.getByTestId('magnification').textContent()
      const thumbnail = page.getByTestId('gallery').getByTestId('thumbnail').nth(7)
      await expect(thumbnail).toHaveAttribute('data-pictured', '')
      await thumbnail.click()
      await expect(thumbnail).toHaveAttribute('aria-current', 'true')
      await expect(page.getByTestId('magnification')).not.toHaveText(before ?? '')
      await keep(page, '1-gallery')
      const agreeAll = page.getByTestId('agree-all')
      await expect(agreeAll).toContainText(/\d/)
      const open = (await agreeAll.textContent()) ?? ''
      await page.keyboard.press('Enter') // the nucleus, not the button that was clicked
      await expect(labelled).toContainText('1 labelled')
      await expect(page.getByTestId('gallery').getByTestId('thumbnail').nth(8)).toHaveAttribute('aria-current', 'true')
      const current = page.locator('[data-testid=gallery] [aria-current=true]')
      await page.getByTestId('gallery').focus()
      for (const key of ['ArrowRight', 'ArrowDown', 'ArrowUp', 'ArrowLeft', 'ArrowUp']) await page.keyboard.press(key)
      await expect(page.getByTestId('gallery').getByTestId('thumbnail').nth(8)).toHaveAttribute('aria-current', 'true')
      await page.keyboard.press('End')
      await expect(current).toHaveAttribute('aria-label', new RegExp(`^Nucleus ${all}:`))
      await page.keyboard.press('Home')
      await expect(page.getByTestId('gallery').getByTestId('thumbnail').first()).toHaveAttribute('aria-current', 'true')
      await page.keyboard.press('Control+z')
      await expect(labelled).not.toContainText('labelled')
      await expect(agreeAll).toHaveText(open)
      await page.keyboard.press('Shift+O')
      await expect(page.getByTestId('magnification')).toHaveText(before ?? '')
    })

    await test.step('one click agrees to all nuclei in sight, and one undo takes that back', async () => {
      const agree = page.getByTestId('agree-all')
      await expect(agree).toContainText(/\d/)
      const many = Number(/\d+/.exec((await agree.textContent()) ?? '')?.[0])
      expect(many).toBeGreaterThan(10)
      await atRest(page)
      const magnification = await page.getByTestId('magnification').textContent()
      const listedAgain = page.waitForResponse((response) => response.url().endsWith('/review/window'))
      await agree.click()
      await expect(labelled).toContainText(`${many} labelled`)
      await listedAgain
      await atRest(page)
      await expect(page.getByTestId('magnification')).toHaveText(magnification ?? '') // the slide stays where it was
      await expect(page.getByTestId('coverage')).not.toHaveText('0% labelled')
      await page.keyboard.press('Control+z')
      await expect(labelled).not.toContainText('labelled')
    })

    await test.step('the film strip is answered by keys, wherever the mouse clicked last', async () => {
      await page.getByTestId('toggle-strip').click()
      await page.getByTestId('review-order').click()
      for (const key of ['Home', 'Enter']) await page.keyboard.press(key) // in the list that the click has opened
      await expect(strip).toHaveAttribute('data-order', 'queue')
      await expect(strip).toHaveAttribute('data-nuclei', String(all))
      await expect(page.getByTestId('strip-says')).toContainText('Model:')
      await page.keyboard.press('1')
      await expect(strip).toHaveAttribute('data-at', '1')
      await expect(strip).toHaveAttribute('data-order', 'queue')
      await page.getByTestId('toggle-map').click()
      await page.getByTestId('toggle-strip').click()
      await page.keyboard.press('Enter')
      await expect(strip).toHaveAttribute('data-at', '2')
      await page.getByTestId('legend').locator('.looks').first().hover()
      await page.getByTestId('legend').getByRole('slider').first().click()
      await page.keyboard.press('.')
      await expect(strip).toHaveAttribute('data-at', '3')
      await expect(labelled).toContainText('3 labelled')
      await page.keyboard.press('Shift+Q')
      await expect(strip).toHaveAttribute('data-at', '2')
      await expect(page.getByTestId('strip-says')).toContainText('labelled Bad outline')
      await keep(page, '2-strip')
    })

    await test.step('nuclei answered "bad outline" can be listed', async () => {
      await page.getByTestId('review-order').selectOption('class')
      await page.getByTestId('review-class').selectOption('Bad outline')
      await expect(strip).toHaveAttribute('data-nuclei', '1')
      await expect(page.getByTestId('strip-says')).toContainText('labelled Bad outline')
      await page.getByTestId('review-order').selectOption('queue')
      await expect(strip).toHaveAttribute('data-nuclei', String(all))
      await page.keyboard.press('Escape')
    })

    await test.step('a second look hides the first answer until it is answered', async () => {
      const listed = page.waitForResponse((response) => response.url().endsWith('/review/window'))
      await page.getByLabel('Make the list again').click()
      const { json: items } = (await (await listed).json()) as {
        json: { id: number; secondLook: boolean; labelled: boolean }[]
      }
      const again = items.findIndex((item) => item.secondLook)
      expect(items.filter((item) => item.secondLook)).toHaveLength(3)
      await page.getByTestId('tab-nucleus').click()
      await expect(strip).toHaveAttribute('data-at', '0')
      for (let at = 0; at < again; at++) await page.keyboard.press('Shift+W')
      await expect(strip).toHaveAttribute('data-at', String(again))
      await expect(page.getByTestId('nucleus')).toContainText(`Nucleus ${items[again].id}`)
      await expect(page.getByTestId('nucleus-by')).toHaveText('the model')
      await expect(page.getByTestId('nucleus').getByRole('table')).toBeVisible() // what the host knows of it is here
      await expect(page.getByTestId('nucleus-history')).toHaveCount(0)
      await page.keyboard.press('1')
      if (again < all - 1) await page.keyboard.press('Shift+Q')
      await expect(page.getByTestId('nucleus-by')).toHaveText('a person')
      await expect(page.getByTestId('nucleus-history')).toBeVisible()
    })

    await test.step('a nucleus that was removed is skipped, and no key labels it', async () => {
      await page.getByTestId('review-order').selectOption('uncertain')
      await expect(strip).toHaveAttribute('data-order', 'uncertain')
      await page.keyboard.press('Escape')
      const at = (index: number) => strip.locator('[data-testid=thumbnail]').nth(index)
      const idOf = async (index: number) => {
        await expect(at(index)).toHaveAttribute('data-nucleus', /^\d+$/)
        return Number(await at(index).getAttribute('data-nucleus'))
      }
      await expect(strip).toHaveAttribute('data-at', '0')
      await rpc('outlines/remove', { slideId: 1, nucleusIds: [await idOf(1)] })
      await expect(at(1)).toHaveAttribute('aria-label', 'no longer there')
      await page.keyboard.press('1')
      await expect(strip).toHaveAttribute('data-at', '2')
      await rpc('outlines/remove', { slideId: 1, nucleusIds: [await idOf(2)] })
      await expect(strip).toHaveAttribute('data-at', '3')
      await expect(page.getByTestId('nucleus')).toContainText(`Nucleus ${await idOf(3)}`)
      await page.getByTestId('tab-classes').click()
      for (let step = 0; step < 3; step++) await rpc('labels/undo', {})
      await expect(page.getByTestId('total')).toHaveText(String(all))
    })

    await test.step('a control reached by Tab works by keys', async () => {
      await page.getByTestId('toggle-map').focus()
      await page.keyboard.press('Shift+Tab')
      await expect(page.getByTestId('toggle-gallery')).toBeFocused()
      await page.keyboard.press('Enter')
      await expect(page.getByTestId('gallery')).toBeVisible()
      await page.keyboard.press('Shift+Tab')
      await page.keyboard.press('Enter')
      await expect(strip).toBeVisible()
      const opacity = page.getByTestId('legend').getByRole('slider').first()
      await opacity.focus()
      const before = Number(await opacity.inputValue())
      await page.keyboard.press('ArrowLeft')
      expect(Number(await opacity.inputValue())).toBeLessThan(before)
    })

    await test.step('Alt and an arrow go from nucleus to nucleus, and the class is announced to screen readers', async () => {
      const status = page.getByTestId('selection-status')
      await page.getByTestId('toggle-strip').click()
      await page.keyboard.press('Escape')
      await expect(status).toHaveText('')
      await page.mouse.move(2, 2)
      await page.keyboard.press('Alt+ArrowRight')
      await expect(status).toHaveText(/^Selected: .+, /)
      await page.getByTestId('tab-nucleus').click()
      const title = page.getByTestId('nucleus').getByRole('heading').first()
      const first = await title.textContent()
      await page.keyboard.press('Alt+ArrowRight')
      await expect(title).not.toHaveText(first ?? '')
      await page.keyboard.press('Alt+ArrowLeft')
      await expect(title).toHaveText(first ?? '')
      for (let k = 0; k < 12; k++) await page.keyboard.press('Alt+ArrowUp')
      await expect(page.getByText('There is no further nucleus that way.').first()).toBeVisible()
      await page.keyboard.press('2')
      await expect(status).toHaveText(/labelled$/)
      await page.keyboard.press('Control+z')
      await page.keyboard.press('Escape')
      await page.getByTestId('tab-classes').click()
      await page.getByTestId('toggle-strip').click()
    })

    await test.step('nuclei similar to the selected one are listed by their tokens', async () => {
      await page.getByTestId('review-order').selectOption('alike')
      await expect(strip).toHaveAttribute('data-order', 'alike')
      await expect(strip).toHaveAttribute('data-nuclei', String(all))
    })

    await test.step('a third reader decides a dispute without seeing who gave which label', async () => {
      const ids = Array.from({ length: 12 }, (_, k) => k + 1)
      await rpc('reader/set', { name: 'Dr Ada' })
      await rpc('labels/set', { slideId: 1, nucleusIds: ids, classId: 1 })
      await rpc('reader/set', { name: 'Dr Bo' })
      await rpc('labels/set', { slideId: 1, nucleusIds: ids.slice(0, 8), classId: 1 })
      await rpc('labels/set', { slideId: 1, nucleusIds: ids.slice(8), classId: 2 })
      await rpc('reader/set', { name: 'Dr Cy' })
      await page.getByTestId('tab-reports').click()
      const readers = page.getByTestId('readers').filter({ hasText: 'Dr Ada and Dr Bo' })
      await expect(readers).toContainText('on 12 nuclei')
      await readers.getByTestId('adjudicate').click()
      await expect(strip).toHaveAttribute('data-nuclei', '4')
      await expect(page.getByTestId('level-of-detail')).toHaveText('Nuclei are hidden')
      await expect(page.getByTestId('said')).toHaveCount(2)
      await expect(page.getByTestId('strip-says')).not.toContainText('Model')
      await page.getByTestId('tab-classes').click()
      await expect(page.getByTestId('blind')).toBeVisible()
      await expect(page.getByTestId('history')).toHaveCount(0)
      await expect(page.getByTestId('place-counts')).toHaveCount(0)
      await expect(page.getByTestId('legend').getByTestId('labelled').filter({ hasText: /\d/ })).toHaveCount(0)
      await keep(page, '3-disputed')
      await page.getByTestId('tab-reports').click()
      await page.getByTestId('said').first().click()
      await page.keyboard.press('2')
      await expect(strip).toHaveAttribute('data-at', '2')
      await expect(readers.getByTestId('adjudicate')).toHaveText('Decide 2 disputed blindly')
      await expect(readers).toContainText('on 12 nuclei')
      await expect(page.getByTestId('readers').filter({ hasText: 'Dr Cy' })).toHaveCount(0)
      await keep(page, '4-readers')
      await page.getByTestId('tab-classes').click()
      await page.getByTestId('toggle-strip').click()
      await expect(page.getByTestId('history')).toBeVisible()
    })

    await test.step('a reader’s name is typed, and labels from a copy of the project are merged', async () => {
      await page.getByTestId('tab-reports').click()
      const name = page.getByTestId('reader')
      await expect(name).toHaveValue('Dr Cy')
      await name.fill('Dr Di')
      await name.press('Enter')
      const state = async () => (await rpc('state', {})) as { reader: string; project: { path: string } }
      await expect.poll(async () => (await state()).reader).toBe('Dr Di')
      const { path } = (await state()).project
      await page.getByTestId('merge-copy').click()
      await page.getByTestId('path').fill(path)
      await page.getByTestId('path').press('Enter')
      await expect(page.getByTestId('merge-failure')).toContainText('is the project that is open')
      const folder = dirname(path)
      writeFileSync(join(folder, 'letter.karyon'), 'a letter')
      await page.getByTestId('path').fill(join(folder, 'letter.karyon'))
      await page.getByTestId('path').press('Enter')
      await expect(page.getByTestId('merge-failure')).toContainText('is not a Karyon project')
      await page.getByTestId('path').fill(copyBy('Dr Eve', path, 5))
      await page.getByTestId('path').press('Enter')
      await expect(page.getByTestId('path')).toBeHidden()
      await expect(page.getByTestId('merged')).toContainText('Dr Eve (copy.karyon): 5 labels stand beside those here.')
      await expect(page.getByTestId('readers').filter({ hasText: 'Dr Eve' }).first()).toBeVisible()
      await keep(page, '5-merged')
      await page.reload()
      await page.getByTestId('tab-reports').click()
      await expect(page.getByTestId('reader')).toHaveValue('Dr Di')
      await page.getByTestId('tab-classes').click()
    })

    await expectAccessible(page, '[data-testid=stage]')
    expect(complaints).toEqual([])
  })
})
