import { join } from 'node:path'
import sharp from 'sharp'
import { expect, it } from 'vitest'
import { tokensOf } from '../../../electron/engine/encode/tokens.ts'
import { encoderHash, loadModel } from '../../../electron/engine/encode/encoder.ts'
import { withViews } from '../../../electron/formats/weights/copyModel.ts'
import { nucleiFromOutlines } from '../../../models/nuclei/nuclei.ts'
import { temporaryFolder } from '../../support/cli.ts'
import { colourNuclei, smallConfig } from '../../support/colourNuclei.ts'
import { writeSmallModel } from '../../support/smallModel.ts'

it('a model with two views averages the tokens of a crop and of the same crop rotated by 180°', async () => {
  const folder = temporaryFolder()
  const model = await writeSmallModel(join(folder, 'one'))
  const two = (await withViews(model, 2, join(folder, 'two'))).path
  const { rgb, width } = colourNuclei(1)[0]
  const side = smallConfig.imageSize
  const picture = sharp(rgb, { raw: { width, height: width, channels: 3 } }).extract({
    ...{ left: 0, top: 0, width: side, height: side },
  })
  const [straight, turned] = [join(folder, 'straight.png'), join(folder, 'turned.png')]
  const upright = await picture.png().toBuffer()
  await sharp(upright).toFile(straight)
  await sharp(upright).rotate(180).toFile(turned)
  const square = (x: number, y: number) => [x - 6, y - 6, x + 6, y - 6, x + 6, y + 6, x - 6, y + 6]
  const nuclei = nucleiFromOutlines([square(20, 20), square(46, 40)], 'detected')
  const turnedNuclei = nucleiFromOutlines([square(side - 20, side - 20), square(side - 46, side - 40)], 'detected')
  const tokens = async (path: string, slide: string, of: typeof nuclei) =>
    tokensOf({ slide, mpp: 0.5, nuclei: of }, await loadModel(path), () => Promise.resolve())
  const [a, b] = [await tokens(model, straight, nuclei), await tokens(model, turned, turnedNuclei)]
  const both = await tokens(two, straight, nuclei)
  both.forEach((v, i) => {
    expect(v).toBeCloseTo((a[i] + b[i]) / 2, 5)
  })
  expect(a.some((v, i) => Math.abs(v - b[i]) > 1e-3)).toBe(true)
  expect(encoderHash(await loadModel(two))).not.toBe(encoderHash(await loadModel(model)))
})
