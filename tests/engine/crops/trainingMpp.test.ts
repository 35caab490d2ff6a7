import { join } from 'node:path'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { scratchMpp } from '../../../electron/engine/crops/trainingMpp.ts'
import { temporaryFolder } from '../../support/cli.ts'

const folder = temporaryFolder()
async function picture(side: number): Promise<{ slide: string; mpp: number }> {
  const slide = join(folder, `${side}.png`)
  await sharp({ create: { width: side, height: side, channels: 3, background: 'pink' } }).toFile(slide)
  return { slide, mpp: 0.25 }
}

it('a new network uses the paper’s scale for each data set', async () => {
  expect(await scratchMpp([await picture(1000)], 448)).toBeCloseTo((0.25 * 1000) / 796, 6) // CoNSeP
  expect(await scratchMpp([await picture(256)], 448)).toBeCloseTo((0.25 * 256) / 448, 6) // PanNuke
  expect(await scratchMpp([await picture(512)], 448)).toBeCloseTo((0.25 * 512) / 448, 6) // pre-training's
})

it('among several data sets the one with the largest pictures decides the scale, and small pictures are enlarged at most twice', async () => {
  expect(await scratchMpp([await picture(256), await picture(1000)], 448)).toBeCloseTo((0.25 * 1000) / 796, 6)
  expect(await scratchMpp([await picture(64)], 448)).toBeCloseTo(0.125, 6)
})
