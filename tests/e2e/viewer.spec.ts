import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { atRest, atWorkbench, expectAccessible, keep, madeUp, numberIn, type Workbench } from './workbench.ts'

const nuclei = 3_000

test('a slide is coloured, turned and counted in, and a lost graphics context is restored pixel by pixel', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'karyon-e2e-'))
  try {
    await atWorkbench({ width: 1280, height: 800 }, view, '--project', await madeUp(folder, nuclei))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

async function view({ page, complaints }: Workbench): Promise<void> {
  const overlay = page.getByTestId('overlay')
  const stage = page.getByTestId('stage')
  /** The overlay's pixels, read within the frame that draws it anew: nuclei are hidden and shown again for it. */
  const drawn = async () => {
    const bytes = await overlay.evaluate(async (canvas: HTMLCanvasElement) => {
      const frames = async (n: number) => {
        for (let k = 0; k < n; k++) await new Promise(requestAnimationFrame)
      }
      const toggle = () => window.dispatchEvent(new KeyboardEvent('keydown', { key: 'H', shiftKey: true }))
      toggle()
      await frames(3)
      const { clear } = WebGL2RenderingContext.prototype
      const pixels = await new Promise<Uint8Array>((resolve) => {
        WebGL2RenderingContext.prototype.clear = function (mask) {
          clear.call(this, mask)
          if (this.canvas !== canvas) return
          WebGL2RenderingContext.prototype.clear = clear
          queueMicrotask(() => {
            const read = new Uint8Array(4 * canvas.width * canvas.height)
            this.readPixels(0, 0, canvas.width, canvas.height, this.RGBA, this.UNSIGNED_BYTE, read)
            resolve(read)
          })
        }
        toggle()
      })
      let text = ''
      for (let k = 0; k < pixels.length; k += 32_768) text += String.fromCharCode(...pixels.subarray(k, k + 32_768))
      return btoa(text)
    })
    return Buffer.from(bytes, 'base64')
  }
  const inViewSaid = () => numberIn(page.getByTestId('level-of-detail'))
  const number = (id: string) => numberIn(page.getByTestId(id))

  await test.step('keys choose the objective, and the legend says what is drawn', async () => {
    await expect(overlay).toHaveAttribute('data-level', /dots|outlines/)
    await page.keyboard.press('Alt+5')
    await expect(page.getByTestId('magnification')).toHaveText('20×')
    await page.keyboard.press('PageUp')
    await expect(page.getByTestId('magnification')).toHaveText('40×')
    await expect(overlay).toHaveAttribute('data-level', 'outlines')
    await expect(overlay).toHaveAttribute('data-waiting', '0')
    await expect(page.getByTestId('level-of-detail')).toContainText(/Outlines: all [\d,]+ nuclei in view/)
    await stage.hover()
    await expect(page.getByTestId('coordinates')).toContainText('µm')
    await keep(page, '1-outlines')
  })

  await test.step('after a lost graphics context every pixel is drawn again', async () => {
    await page.getByTestId('tab-classes').hover() // no nucleus under the mouse
    await atRest(page)
    const before = await drawn()
    await overlay.evaluate((canvas: HTMLCanvasElement) => {
      const lose = canvas.getContext('webgl2')!.getExtension('WEBGL_lose_context')!
      const restored = new Promise((resolve) =>
        canvas.addEventListener('webglcontextrestored', resolve, { once: true }),
      )
      canvas.addEventListener('webglcontextlost', () => setTimeout(() => lose.restoreContext(), 50), { once: true })
      lose.loseContext()
      return restored
    })
    await expect(overlay).toHaveAttribute('data-level', 'outlines')
    await keep(page, '2-restored')
    const after = await drawn()
    expect(before.filter((value, k) => k % 4 === 3 && value > 0).length).toBeGreaterThan(5_000)
    expect(after.length).toBe(before.length)
    expect(after.filter((value, k) => value !== before[k]).length).toBe(0)
  })

  await test.step('nuclei, scale bar and navigator turn with the slide', async () => {
    const bar = await page.getByTestId('scale-bar').textContent()
    const before = await page.getByTestId('navigator-view').getAttribute('points')
    await page.keyboard.press('Shift+ArrowRight')
    await page.keyboard.press('Shift+ArrowRight')
    await expect(page.getByTestId('rotation')).toHaveText('30°')
    expect(await page.getByTestId('scale-bar').textContent()).toBe(bar)
    expect(await page.getByTestId('navigator-view').getAttribute('points')).not.toBe(before)
    await expect
      .poll(async () => Math.abs((await inViewSaid()) - (await number('total-view'))) / nuclei)
      .toBeLessThan(0.02) // one counts what touches the view, the other whose centre lies in it
    await keep(page, '3-turned')
    await page.keyboard.press('Shift+ArrowUp')
    await expect(page.getByTestId('rotation')).toHaveCount(0)
  })

  await test.step('the legend explains each way of colouring', async () => {
    for (const [by, says] of [
      ['probability', 'p = 1'],
      ['margin', 'unsure'],
      ['entropy', 'unsure'],
      ['agreement', 'person and model differ'],
      ['source', 'a person'],
    ]) {
      await page.getByTestId('colour-by').selectOption(by)
      await expect(page.getByTestId('colour-legend')).toContainText(says)
      await keep(page, `4-${by}`)
    }
    await page.getByTestId('colour-by').selectOption('class')
    await expect(page.getByTestId('colour-legend')).toHaveCount(0)
    await page.getByRole('button', { name: 'Hide a' }).click()
    await expect(page.getByTestId('level-of-detail')).toContainText('1 class is hidden')
    await page.getByRole('button', { name: 'Show a' }).click()
  })

  await test.step('a region is drawn by keys and clicks, and its nuclei are counted', async () => {
    await page.evaluate(() => (document.activeElement as HTMLElement).blur())
    await page.keyboard.press('Home')
    await expect.poll(() => number('total-view')).toBe(nuclei)
    expect(await number('total')).toBe(nuclei)
    await page.locator('body').press('Shift+R')
    const box = (await stage.boundingBox())!
    const corner = (x: number, y: number) => page.mouse.click(box.x + box.width * x, box.y + box.height * y)
    await corner(0.4, 0.3)
    await corner(0.6, 0.3)
    await corner(0.6, 0.6)
    await corner(0.9, 0.9)
    await page.keyboard.press('Backspace')
    await corner(0.4, 0.6)
    await page.keyboard.press('Enter')
    await expect(page.getByTestId('regions')).toHaveAttribute('data-regions', '1')
    await expect.poll(() => number('total-region')).toBeGreaterThan(50)
    const [inRegion, mm2, all, allMm2] = [
      await number('total-region'),
      await number('area-region'),
      await number('total-view'),
      await number('area-view'),
    ]
    expect(inRegion / mm2 / (all / allMm2), 'the nuclei lie evenly').toBeCloseTo(1, 0)
    await keep(page, '5-region')
    await page.getByTestId('theme').click()
    await keep(page, '6-dark')
  })

  await expectAccessible(page)
  expect(complaints, 'the browser has nothing to complain of').toEqual([])
}
