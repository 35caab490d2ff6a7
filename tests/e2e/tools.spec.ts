import { AxeBuilder } from '@axe-core/playwright'
import { expect, test, type Page } from '@playwright/test'
import { hasData } from '../support/data.ts'
import { middle, type Grid } from '../support/seedNuclei.ts'
import { atWorkbench, keep, openSlide, seed, toPage } from './workbench.ts'

test.skip(!hasData('slides'), 'No ../shared/data/slides beside the checkout.')

const grid: Grid = { columns: 8, rows: 6, left: 780, top: 1200, step: 90, radius: 22 }

test('a pathologist selects with brush, lasso and rectangle, relabels by rule, mends outlines, and takes all back', async () => {
  await atWorkbench({ width: 1280, height: 720 }, async ({ page, complaints }) => {
    await openSlide(page)
    await seed(page, grid)
    await page.getByTestId('stage').hover()
    for (let k = 0; k < 2; k++) await page.keyboard.press('+')
    const place = await toPage(page)
    const at = (k: number, dx = 0, dy = 0) => {
      const { x, y } = middle(grid, k)
      return place({ x: x + dx, y: y + dy })
    }
    const drag = async (points: { x: number; y: number }[], held?: 'Shift' | 'Alt') => {
      if (held) await page.keyboard.down(held)
      await page.mouse.move(points[0].x, points[0].y)
      await page.mouse.down()
      for (const { x, y } of points.slice(1)) await page.mouse.move(x, y, { steps: 3 })
      await page.mouse.up()
      if (held) await page.keyboard.up(held)
    }
    const selected = page.getByTestId('selected')
    const labelled = page.getByTestId('slide').first()
    const tool = page.getByTestId('tool')
    const total = page.getByTestId('total')
    const where = await page.getByTestId('magnification').textContent()

    await test.step('a rectangle selects, Shift adds, Alt takes away; Escape leaves the tool, then the selection', async () => {
      await page.keyboard.press('Shift+C')
      await expect(tool).toContainText('Rectangle')
      await expect(page.getByTestId('tool-rectangle')).toHaveAttribute('aria-pressed', 'true')
      const hint = (await tool.boundingBox())!
      const legend = (await page.getByTestId('level-of-detail').boundingBox())!
      expect(hint.y).toBeGreaterThanOrEqual(legend.y + legend.height)
      await drag([at(0, -40, -40), at(9, 40, 40)])
      await expect(selected).toHaveText('4 selected')
      await drag([at(2, -40, -40), at(2, 40, 40)], 'Shift')
      await expect(selected).toHaveText('5 selected')
      await drag([at(0, -40, -40), at(8, 40, 40)], 'Alt')
      await expect(selected).toHaveText('3 selected')
      await keep(page, '1-rectangle')
      await page.keyboard.press('1')
      await expect(labelled).toContainText('3 labelled')
      await page.keyboard.press('Escape')
      await expect(tool).toHaveCount(0)
      await expect(selected).toHaveText('3 selected')
      await page.keyboard.press('Escape')
      await expect(selected).toHaveText('')
    })

    await test.step('lasso and brush select what they go around and over', async () => {
      await page.keyboard.press('Shift+L')
      await drag([at(16, -40, -40), at(18, 40, -40), at(18, 40, 40), at(16, -40, 40)])
      await expect(selected).toHaveText('3 selected')
      await page.keyboard.press('Shift+B')
      await expect(tool).toContainText('Brush')
      await drag([at(24), at(27)])
      await expect(selected).toHaveText('4 selected')
      await page.keyboard.press(',')
      await expect(page.getByTestId('legend')).toContainText('Not sure')
      await page.keyboard.press('Escape')
    })

    await test.step('a rule says how many nuclei it is about before it labels them', async () => {
      await page.keyboard.press('Shift+F')
      await expect(page.getByTestId('rule-from')).toBeFocused()
      await page.getByTestId('rule-to').selectOption({ index: 1 })
      await expect(page.getByTestId('rule-apply')).toHaveText('No nucleus is like that.') // nothing is predicted yet
      await expect(page.getByTestId('rule-apply')).toBeDisabled()
    })

    await test.step('a nucleus is cut in two and made one again, one is drawn, one removed', async () => {
      await page.keyboard.press('Escape') // out of the form
      await page.keyboard.press('Shift+S')
      await drag([at(40, -2, -40), at(40, 2, 40)])
      await expect(total).toHaveText('49')
      await page.keyboard.press('Escape')
      await expect(selected).toHaveText('2 selected')
      await page.keyboard.press('Shift+J')
      await expect(total).toHaveText('48')
      await page.keyboard.press('Shift+D')
      await drag([at(41, 30, -14), at(41, 60, -14), at(41, 60, 14), at(41, 30, 14)])
      await expect(total).toHaveText('49')
      await page.keyboard.press('Escape')
      await page.keyboard.press('2')
      await page.keyboard.press('Shift+X')
      await expect(total).toHaveText('48')
      await keep(page, '2-mended')
    })

    await test.step('the history takes everything back by one click, and brings it again', async () => {
      const steps = page.getByTestId('history').locator('button')
      await expect(steps.first()).toContainText('deleted')
      await steps.filter({ hasText: '4 nuclei' }).last().click()
      await expect(labelled).toContainText('3 labelled')
      await expect(total).toHaveText('48')
      await steps.first().click()
      await expect(labelled).toContainText('7 labelled')
      await steps.first().click()
      await expect(total).toHaveText('49')
      const deleted = page.getByTestId('history').getByRole('listitem').filter({ hasText: 'deleted' })
      await expect(deleted.getByRole('button')).toHaveAttribute('title', /^Redo up to/)
      await page.mouse.click(at(5).x, at(5).y)
      await page.keyboard.press('1')
      await expect(deleted.getByTitle('Undone, and replaced by what was done after it')).toBeVisible()
      await expect(deleted.getByRole('button')).toHaveCount(0)
      expect(await page.getByTestId('magnification').textContent()).toBe(where)
    })

    await test.step('the classes get names, colours and keys; colours that some eyes confuse are named beside them', async () => {
      const row = page.getByTestId('legend').locator('tbody tr').first()
      const opacity = row.locator('.fade')
      await page.getByTestId('tab-classes').hover()
      await expect(opacity).toHaveCSS('opacity', '0')
      await row.locator('.looks').hover()
      await expect(opacity).toHaveCSS('opacity', '1')
      await keep(page, '3-opacity')
      const was = (await row.getAttribute('data-class'))!
      await page.getByTestId('edit-classes').click()
      const editor = page.getByTestId('class-editor')
      await editor.getByLabel(`Name of ${was}`).fill('plasma cell')
      await editor.getByLabel(`Name of ${was}`).press('Enter')
      await editor.getByLabel('Key of plasma cell').fill('p')
      await editor.getByLabel('Key of plasma cell').press('Tab')
      await page.getByTestId('new-class').fill('mitosis')
      await page.getByTestId('new-class').press('Enter')
      await expect(editor.getByLabel('Name of mitosis')).toHaveValue('mitosis')
      await expect(page.getByTestId('colour-check')).toHaveCount(0)
      await editor.getByLabel('Colour of plasma cell').fill('#cc79a7')
      await editor.getByLabel('Colour of mitosis').fill('#999999')
      await expect(page.getByTestId('colour-check')).toContainText(
        'plasma cell and mitosis look alike for the green-blind',
      )
      await page.waitForTimeout(500) // the project has them
      await expect(editor.getByLabel('Colour of mitosis')).toHaveValue('#999999')
      await expect(page.getByTestId('colour-check')).toBeVisible()
      await keep(page, '4-classes')
      await noSeriousIssue(page)
      await editor.getByLabel('Key of mitosis').fill('p')
      await editor.getByLabel('Key of mitosis').press('Tab')
      await expect(page.getByText('The key p already gives plasma cell.')).toBeVisible()
      await expect(editor.getByLabel('Key of mitosis')).not.toHaveValue('p')
      await editor.getByRole('button', { name: 'Remove mitosis' }).click()
      await page.getByTestId('remove-class').click()
      await expect(editor.getByLabel('Name of mitosis')).toHaveCount(0)
      await page.getByTestId('classes-done').click()
      await expect(row).toHaveAttribute('data-class', 'plasma cell')
      await expect(row).toHaveAttribute('data-key', 'p')
    })

    await test.step('? shows every key, in the reader’s language', async () => {
      await page.getByTestId('stage').hover()
      await page.keyboard.press('?')
      const help = page.getByTestId('help')
      await expect(help).toContainText('Bad outline')
      await keep(page, '5-keys')
      await noSeriousIssue(page)
      await page.keyboard.press('Escape')
      await page.getByTestId('tab-training').click()
      await page.getByTestId('language').selectOption('de')
      await expect(page.getByTestId('tab-classes')).toHaveText('Klassen')
      await expect(page.getByText('Ganzes Netz')).toBeVisible()
      await page.getByTestId('tab-classes').click()
      await page.getByTestId('theme').click()
      await keep(page, '6-german-dark')
      await noSeriousIssue(page)
      await page.reload()
      await expect(page.getByTestId('tab-classes')).toHaveText('Klassen')
    })
    expect(complaints).toEqual([])
  })
})

test('a pathologist selects more nuclei than anyone clicks, takes single ones out and in, and labels the rest by mouse', async () => {
  const dense: Grid = { columns: 160, rows: 150, left: 150, top: 150, step: 12, radius: 4 }
  const all = dense.columns * dense.rows
  const said = (n: number) => `${n.toLocaleString('en')} selected`
  await atWorkbench({ width: 1280, height: 720 }, async ({ page, complaints }) => {
    await openSlide(page)
    await seed(page, dense)
    await page.getByTestId('stage').hover()
    const eye = page.locator('[data-testid=legend] tr[data-class=Unclassified]').getByRole('button').last()
    await eye.click()
    await expect(page.getByTestId('level-of-detail')).toContainText('1 class is hidden')
    await eye.click()
    await expect(page.getByTestId('level-of-detail')).not.toContainText('hidden')

    const selected = page.getByTestId('selected')
    const labelled = page.getByTestId('slide').first()
    const place = await toPage(page)
    const corner = (k: number, d: number) => {
      const { x, y } = middle(dense, k)
      return place({ x: x + d, y: y + d })
    }
    await page.keyboard.press('Shift+C')
    const [from, to] = [corner(0, -20), corner(all - 1, 20)]
    await page.mouse.move(from.x, from.y)
    await page.mouse.down()
    await page.mouse.move(to.x, to.y, { steps: 4 })
    await page.mouse.up()
    await expect(selected).toHaveText(said(all))
    await page.keyboard.press('Escape')
    await expect(
      page.getByTestId('selected-legend').or(page.locator('[data-testid=overlay][data-level=dots]')),
    ).toHaveCount(1)

    const middleOfAll = Math.floor(dense.rows / 2) * dense.columns + dense.columns / 2
    const there = corner(middleOfAll, 0)
    await page.mouse.move(there.x, there.y)
    for (let k = 0; k < 12; k++) await page.mouse.wheel(0, -200)
    await expect(page.getByTestId('overlay')).toHaveAttribute('data-level', 'outlines')
    await page.waitForTimeout(900) // the viewer's spring
    await page.keyboard.down('Alt')
    await page.mouse.click(there.x, there.y)
    await page.keyboard.up('Alt')
    await expect(selected).toHaveText(said(all - 1))
    await page.keyboard.down('Shift')
    await page.mouse.click(there.x, there.y)
    await expect(selected).toHaveText(said(all))
    await page.mouse.click(there.x, there.y)
    await page.keyboard.up('Shift')
    await expect(selected).toHaveText(said(all - 1))
    await keep(page, 'all-but-one')

    const row = page.getByTestId('legend').locator('tbody tr').first()
    await row.locator('.name button').click()
    await expect(row.getByTestId('count')).toHaveText((all - 1).toLocaleString('en'))
    await expect(labelled).toContainText(`${(all - 1).toLocaleString('en')} labelled`)
    await page.keyboard.press('Control+z')
    await expect(labelled).not.toContainText('labelled')
    expect(complaints).toEqual([])
  })
})

async function noSeriousIssue(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).exclude('[data-testid=stage]').analyze()
  const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(' ')}`)).toEqual([])
}
