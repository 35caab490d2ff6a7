import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { classifiedProject } from './demo.ts'
import { atWorkbench, expectAccessible, jobDone, keep, numberIn, type Workbench } from './workbench.ts'

test('the model learns while nuclei are labelled, and a trained one changes nothing before it was seen what', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'karyon-e2e-'))
  try {
    await atWorkbench({ width: 1440, height: 860 }, learn, '--project', classifiedProject(folder))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

async function learn({ page, complaints }: Workbench): Promise<void> {
  const line = page.getByTestId('live-line')
  const items = page.getByTestId('gallery').locator('[data-testid=thumbnail][data-nucleus]')

  await test.step('before the first label, a line says what learning will do', async () => {
    await expect(page.getByTestId('total')).toHaveText(/[1-9]/)
    await expect(line).toContainText('Your labels never change')
  })

  await test.step('with labels of one class it waits for a second class', async () => {
    await page.keyboard.press('Shift+G')
    await page.getByTestId('review-order').selectOption('class')
    // The gallery may still show the order before: a click on it would be forgotten with it.
    await expect(async () => {
      await items.nth(0).click()
      await expect(items.nth(0)).toHaveAttribute('aria-current', 'true', { timeout: 1000 })
    }).toPass()
    await page.keyboard.press('2')
    await expect(line).toContainText('second class')
  })

  await test.step('after labels of two classes the slide is classified anew, and the line says what changed', async () => {
    for (let k = 1; k < 10; k++) {
      await items.nth(k).click()
      await page.keyboard.press(k % 3 === 0 ? '1' : '2')
    }
    await expect(line).toContainText(/Learned from \d+ labels: [\d,]+ nuclei changed class/, { timeout: 60_000 })
    await keep(page, '1-learned')
  })

  await test.step('switched off, the model’s own classes are shown again', async () => {
    const legend = page.getByTestId('legend')
    const learned = await legend.textContent()
    await page.getByTestId('live').uncheck()
    await expect(legend).not.toHaveText(learned ?? '')
    await expect(line).toHaveText('')
  })

  const changes = page.getByTestId('changes')
  await test.step('a trained model waits: it says how many nuclei it would change', async () => {
    await page.keyboard.press('Shift+G')
    const legend = await page.getByTestId('legend').textContent()
    await page.getByTestId('tab-training').click()
    await page.getByTestId('finetune').click()
    await jobDone(page, 'finetune')
    await expect(page.getByTestId('to-decide')).toBeVisible({ timeout: 120_000 })
    await expect(changes).toContainText('Nothing changes before you decide')
    expect(await numberIn(page.getByTestId('changes-count').first())).toBeGreaterThan(0)
    await page.getByTestId('tab-classes').click()
    await expect(page.getByTestId('legend')).toHaveText(legend ?? '')
    await page.getByTestId('to-decide').click()
    await expect(changes).toBeVisible()
  })

  await test.step('a kind of change is selected on the slide and shown as pictures', async () => {
    const flip = page.getByTestId('flip').first()
    const wanted = await numberIn(flip)
    await flip.click()
    await expect(flip).toHaveAttribute('aria-pressed', 'true')
    await expect.poll(() => numberIn(page.getByTestId('review-size'))).toBe(wanted)
    await expect(items.first()).toBeVisible()
    await keep(page, '2-changes-light')
    await page.getByTestId('theme').click()
    await keep(page, '3-changes-dark')
    await page.getByTestId('theme').click()
    await expectAccessible(page, '[data-testid=stage]')
  })

  await test.step('that change alone is accepted, the rest still waits', async () => {
    const before = await page.getByTestId('flip').count()
    await page.getByTestId('accept-flip').click()
    await expect(page.getByTestId('flip')).toHaveCount(before - 1)
    await expect(page.getByTestId('proposal')).toBeVisible()
  })

  await test.step('everything is accepted, and one undo takes it back', async () => {
    await page.getByTestId('accept-all').click()
    await expect(page.getByTestId('to-decide')).toBeHidden()
    await page.getByTestId('undo').click()
    await expect(page.getByTestId('flip').first()).toBeVisible()
  })
  expect(complaints).toEqual([])
}
