import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { binaryRoutes, decodeShown, inProject } from '../../electron/contract/index.ts'
import { atRest, atWorkbench, keep, labelledBefore, madeUp, numberIn } from './workbench.ts'

const nuclei = 2_000
const below = 0.15 // made-up probabilities reach .2

test('a rule relabels uncertain nuclei, says how many beforehand, and is undone in one step', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'karyon-e2e-'))
  const project = await madeUp(folder, nuclei)
  try {
    await atWorkbench(
      { width: 1280, height: 720 },
      async ({ page, origin, complaints }) => {
        await expect(page.getByTestId('total')).toHaveText(nuclei.toLocaleString('en'))
        const row = (name: string) => page.locator(`[data-testid=legend] tr[data-class=${name}]`)
        const count = (name: string) => numberIn(row(name).getByTestId('count'))
        const labelled = page.getByTestId('slide').first()
        const apply = page.getByTestId('rule-apply')
        const told = () => numberIn(apply)
        const { shown } = decodeShown(
          await (await page.request.get(origin + inProject(1, binaryRoutes.shown(1)))).body(),
        )
        const meant = [...shown.classId.keys()].filter(
          (i) => shown.classId[i] === 1 && shown.labelled[i] === 0 && shown.confidence[i] / 255 <= below,
        ).length
        await expect(row('b').getByTestId('count')).toHaveText(/\d/)
        const [a, b] = [await count('a'), await count('b')]
        expect(a - labelledBefore).toBeGreaterThan(meant)

        await test.step('the rule counts the nuclei in view or on the whole slide', async () => {
          await page.getByTestId('stage').hover()
          await page.keyboard.press('Alt+5')
          await page.keyboard.press('Shift+F')
          await page.getByTestId('rule-from').selectOption('a')
          await page.getByTestId('rule-below').fill(String(below))
          await page.getByTestId('rule-to').selectOption('b')
          await expect(page.getByTestId('rule-place')).toHaveValue('view')
          await expect(apply).toBeEnabled()
          await atRest(page)
          await expect(apply).toHaveText(/\d/)
          const inView = await told()
          expect(inView).toBeGreaterThan(3)
          expect(inView).toBeLessThan(meant / 2)
          await page.getByTestId('rule-place').selectOption('slide')
          await expect.poll(told).toBe(meant)
          await keep(page, '1-told')
          await page.getByTestId('rule-place').selectOption('view')
          await expect.poll(told).toBe(inView)
        })

        await test.step('exactly the counted nuclei are labelled, and existing labels stay', async () => {
          const inView = await told()
          await apply.click()
          await expect(labelled).toContainText(`${labelledBefore + inView} labelled`)
          await expect.poll(async () => [await count('a'), await count('b')]).toEqual([a - inView, b + inView])
          await expect(row('a').getByTestId('labelled')).toHaveText(String(labelledBefore))
          await expect(row('b').getByTestId('labelled')).toHaveText(String(inView))
          await expect(page.getByTestId('history').locator('button').first()).toContainText(`${inView} nuclei → b`)
          await expect(apply).toHaveText('No nucleus is like that.')
          await keep(page, '2-labelled')
        })

        await test.step('one undo takes all of these labels back', async () => {
          await page.getByTestId('stage').hover()
          await page.keyboard.press('Escape')
          await page.keyboard.press('Control+z')
          await expect(labelled).toContainText(`${labelledBefore} labelled`)
          await expect.poll(async () => [await count('a'), await count('b')]).toEqual([a, b])
        })

        await test.step('a class in use cannot be removed and says what uses it; an unused one is removed after a question', async () => {
          await page.getByTestId('edit-classes').click()
          const editor = page.getByTestId('class-editor')
          const removal = page.getByTestId('class-removal')
          await editor.getByRole('button', { name: 'Remove a' }).click()
          await expect(removal).toContainText(`${labelledBefore} labels`)
          await expect(removal).toContainText('1 classification by models')
          await expect(page.getByTestId('remove-class')).toHaveCount(0)
          await keep(page, '3-stays')
          await page.getByTestId('keep-class').click()
          await page.getByTestId('new-class').fill('mitosis')
          await page.getByTestId('new-class').press('Enter')
          await editor.getByRole('button', { name: 'Remove mitosis' }).click()
          await expect(removal).toContainText('No nucleus was labelled mitosis')
          await expect(editor.getByLabel('Name of mitosis')).toHaveValue('mitosis')
          await page.getByTestId('remove-class').click()
          await expect(editor.getByLabel('Name of mitosis')).toHaveCount(0)
          await expect(removal).toHaveCount(0)
        })
        expect(complaints).toEqual([])
      },
      '--project',
      project,
    )
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})
