import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { chromium, expect, test } from '@playwright/test'
import { browserFlags, browserPath } from '../support/browser.ts'
import { startKaryon, type ServedKaryon } from '../support/servedKaryon.ts'
import { demoHome, demoTruth, keepClassified } from './demo.ts'

const ready = (karyon: ServedKaryon) => expect.poll(() => karyon.output(), { timeout: 5 * 60_000 }).toMatch(/Ready at/)

test('the first start draws the demo slide, finds its nuclei and classifies them; the next one opens what it made', async () => {
  rmSync(demoHome, { recursive: true, force: true })
  mkdirSync(demoHome, { recursive: true })
  const first = await startKaryon(demoHome)
  try {
    await ready(first)
  } finally {
    await first.close()
  }
  const printed = first.output()
  expect(printed).toMatch(/No desktop window \(.+\)/)
  const found = Number(/Nuclei: ([\d,]+) nuclei found/.exec(printed)?.[1].replaceAll(',', ''))
  expect(found).toBeGreaterThan(1000)
  expect(printed).toMatch(/classified by/)
  expect(printed).toMatch(/Counts: .*epithelial/)
  keepClassified()

  const karyon = await startKaryon(demoHome)
  const browser = await chromium.launch({ executablePath: await browserPath(), args: [...browserFlags] })
  try {
    await ready(karyon)
    expect(karyon.output()).toContain(/Counts: .*/.exec(printed)?.[0])
    expect(karyon.output()).not.toContain('nuclei found')

    const page = await browser.newPage({ viewport: { width: 1280, height: 720 } })
    await page.goto(karyon.link)
    const count = async () => Number(((await page.getByTestId('total').textContent()) ?? '').replace(/\D/g, ''))
    await expect.poll(count).toBe(found)
    await expect(page.getByTestId('legend')).not.toContainText('Unclassified')

    const { features } = JSON.parse(readFileSync(demoTruth, 'utf8')) as { features: unknown[] }
    await page.getByTestId('import').click()
    await page.getByTestId('path').fill(demoTruth)
    await page.getByTestId('path').press('Enter')
    await page.getByTestId('import-now').click()
    const job = page.locator('[data-testid=job][data-kind=import]').first()
    await expect(job).toHaveAttribute('data-state', 'done', { timeout: 60_000 })
    await expect(job).toContainText(`${features.length.toLocaleString('en')} nuclei imported`)
    await expect.poll(count).toBeGreaterThanOrEqual(features.length)
  } finally {
    await browser.close()
    await karyon.close()
  }
})
