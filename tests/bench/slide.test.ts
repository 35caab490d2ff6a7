import { join } from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { benchSlide, slideInWords } from '../../bench/slide.ts'
import { drawDemo } from '../../electron/demo/drawDemo.ts'
import { temporaryFolder } from '../support/cli.ts'

test('bench slide finds and classifies the nuclei of a slide, and says what a large slide would take', async () => {
  const slide = join(temporaryFolder(), 'drawn.png')
  const { image } = drawDemo(800, 600, 1)
  const { data, width, height } = image
  const density = 101_600 // dots per inch: 0.25 µm/px
  await sharp(data, { raw: { width, height, channels: 3 } })
    .withMetadata({ density })
    .png()
    .toFile(slide)
  const result = await benchSlide(slide)
  expect(result.nuclei).toBeGreaterThan(0)
  expect(result.tissueMm2).toBeGreaterThan(0)
  const { detect, classify } = result.secondsPerMm2
  expect(Math.min(detect, classify)).toBeGreaterThan(0)
  expect(result.model).not.toBe('')
  const words = slideInWords(result)
  expect(words).toContain(
    `150 mm² of tissue as dense as this take ${((150 * (detect + classify)) / 60).toFixed(0)} min`,
  )
})

test('bench slide names a slide that is not there', async () => {
  await expect(benchSlide('/nowhere.svs')).rejects.toThrow(/nowhere\.svs is not there/)
})
