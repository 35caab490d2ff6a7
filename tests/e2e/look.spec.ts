import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import { chromium, expect, test } from '@playwright/test'
import { browserFlags, browserPath } from '../support/browser.ts'
import { dataFolder, hasData } from '../support/data.ts'
import { serveKaryon } from '../support/servedKaryon.ts'

const work = 10 * 60_000 // ms that detection, classification or a map may take on two cores

test.skip(!hasData('slides'), 'No ../shared/data/slides beside the checkout.')

test('a pathologist maps the nuclei of a slide, goes from the map to a nucleus and sees what the model attends to', async () => {
  const karyon = await serveKaryon()
  const browser = await chromium.launch({ executablePath: await browserPath(), args: [...browserFlags] })
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('status of 422')) complaints.push(message.text())
  })
  const keep = async (name: string) => {
    const path = test.info().outputPath(`${name}.png`)
    await page.screenshot({ path })
    await test.info().attach(name, { path, contentType: 'image/png' })
  }
  const jobDone = async (kind: string) => {
    const job = page.locator(`[data-testid=job][data-kind=${kind}]`).first()
    await expect(job).toHaveAttribute('data-state', /done|failed|cancelled/, { timeout: work })
    expect(await job.getAttribute('data-state'), (await job.textContent()) ?? '').toBe('done')
  }
  const canvas = page.getByTestId('map-canvas')
  const total = async () => Number(((await page.getByTestId('total').textContent()) ?? '').replace(/\D/g, ''))

  try {
    await test.step('before there are nuclei the map says so', async () => {
      const link = new URL(karyon.link)
      await page.goto(link.href)
      await page.goto(`${link.origin}/?drawer=canvas`)
      await page.getByTestId('open-slide').click()
      await page.getByTestId('path').fill(join(dataFolder('slides'), 'CMU-1-Small-Region.svs'))
      await page.getByTestId('path').press('Enter')
      await expect(page.getByTestId('slide')).toContainText('CMU-1-Small-Region')
      await expect(page.getByTestId('path')).toBeHidden()
      await page.keyboard.press('Shift+M')
      await expect(page.getByTestId('map')).toContainText('no nuclei yet')
      await expect(page.getByTestId('make-map')).toHaveCount(0)
    })

    await test.step('finds and classifies nuclei', async () => {
      await page.getByTestId('find-nuclei').click()
      await jobDone('detect')
      const classify = page.getByTestId('classify-nuclei')
      const classifyJob = page.locator('[data-testid=job][data-kind=classify]').first()
      await expect(classify.or(classifyJob)).toBeVisible()
      if (await classify.isVisible()) await classify.click()
      await jobDone('classify')
      await expect(page.getByTestId('legend')).not.toContainText('Unclassified')
    })

    await test.step('a map can be cancelled, and is made whole the next time', async () => {
      await page.getByTestId('make-map').click()
      await page.getByTestId('cancel-map').click()
      await expect(page.locator('[data-testid=job][data-kind=embed]').first()).toHaveAttribute(
        'data-state',
        'cancelled',
      )
      await expect(canvas).toHaveAttribute('data-nuclei', '0')
      await page.getByTestId('make-map').click()
      await expect(canvas).toHaveAttribute('data-nuclei', String(await total()), { timeout: work })
      await expect(page.getByTestId('map')).toContainText(/UMAP of all [\d,]+ nuclei/)
      await page.waitForTimeout(800) // tiles and the last frame
      await keep('1-map')
    })

    await test.step('points at a nucleus on the map, clicks it and is there on the slide', async () => {
      const box = (await canvas.boundingBox())!
      const before = await page.getByTestId('magnification').textContent()
      const hovered = page.getByTestId('map').locator('.hovered')
      let found = false
      for (let y = box.y + 20; y < box.y + box.height && !found; y += 18)
        for (let x = box.x + box.width * 0.3; x < box.x + box.width * 0.7 && !found; x += 18) {
          await page.mouse.move(x, y)
          await page.waitForTimeout(20)
          found = await hovered.isVisible()
        }
      expect(found).toBe(true)
      await page.mouse.down()
      await page.mouse.up()
      await page.getByTestId('tab-nucleus').click()
      await expect(page.getByTestId('nucleus')).toContainText(/Nucleus \d+/)
      await expect(page.getByTestId('magnification')).not.toHaveText(before ?? '')
      await page.mouse.wheel(0, -400)
      await page.waitForTimeout(1200)
      await keep('2-nucleus')
      await canvas.focus()
      await page.keyboard.press('Home')
    })

    await test.step('sees by one key what the nucleus attends to, then [CLS], then one head', async () => {
      const heat = page.getByTestId('attention-overlay')
      await expect(heat).toHaveCount(0)
      await page.getByTestId('stage').hover()
      await page.keyboard.press('Shift+A')
      await expect(heat).toBeVisible({ timeout: 60_000 })
      const pixels = () => heat.evaluate((c) => (c as HTMLCanvasElement).toDataURL())
      const ofNucleus = await pixels()
      await page.getByTestId('stage').hover()
      for (let i = 0; i < 3; i++) {
        await page.mouse.wheel(0, 240)
        await page.waitForTimeout(150)
      }
      await page.waitForTimeout(1200)
      await keep('3-attention')
      await page.getByTestId('attention-query').selectOption('cls')
      await expect.poll(pixels).not.toBe(ofNucleus)
      const ofCls = await pixels()
      await page.getByTestId('attention-head').selectOption({ label: 'last block, head 2' })
      await expect.poll(pixels).not.toBe(ofCls)
      await page.getByTestId('theme').click()
      await page.waitForTimeout(300)
      await keep('4-dark')
      await page.keyboard.press('Shift+A')
      await expect(heat).toHaveCount(0)
    })

    const { violations } = await new AxeBuilder({ page })
      .include('[data-testid=map]')
      .include('[data-testid=nucleus]')
      .analyze()
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((n) => n.html).join(' ')}`)).toEqual([])
    expect(complaints, 'the browser has nothing to complain of').toEqual([])
  } finally {
    await browser.close()
    await karyon.close()
    await test.info().attach('terminal', { body: karyon.output(), contentType: 'text/plain' })
  }
})
