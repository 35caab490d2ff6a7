import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium, expect, test } from '@playwright/test'
import { browserFlags, browserPath } from '../support/browser.ts'
import { firstStart } from '../support/servedKaryon.ts'

test('a newcomer’s first start works through the demo slide; nuclei of another tool can be imported', async () => {
  const karyon = await firstStart()
  const browser = await chromium.launch({ executablePath: await browserPath(), args: [...browserFlags] })
  try {
    await expect.poll(() => karyon.output(), { timeout: 5 * 60_000 }).toMatch(/Ready at/)
    const said = karyon.output()
    expect(said).toMatch(/No desktop window \(.+\)/)
    const found = Number(/Nuclei: ([\d,]+) nuclei found/.exec(said)?.[1].replaceAll(',', ''))
    expect(found).toBeGreaterThan(1000)
    expect(said).toMatch(/classified by/)
    expect(said).toMatch(/Counts: .*epithelial/)

    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } })
    await page.goto(karyon.link)
    const count = async () => Number(((await page.getByTestId('total').textContent()) ?? '').replace(/\D/g, ''))
    await expect.poll(count).toBe(found)
    await expect(page.getByTestId('legend')).not.toContainText('Unclassified')

    const truth = join(karyon.home, 'demo', 'truth.geojson')
    const { features } = JSON.parse(readFileSync(truth, 'utf8')) as { features: unknown[] }
    await page.getByTestId('import').click()
    await page.getByTestId('path').fill(truth)
    await page.getByTestId('path').press('Enter')
    const job = page.locator('[data-testid=job][data-kind=import]').first()
    await expect(job).toHaveAttribute('data-state', 'done', { timeout: 60_000 })
    await expect(job).toContainText(`${features.length.toLocaleString('en')} nuclei imported`)
    await expect.poll(count).toBeGreaterThanOrEqual(features.length)
  } finally {
    await browser.close()
    await karyon.close()
  }
})
