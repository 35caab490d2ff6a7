import sharp from 'sharp'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { fitnessOf, goOnAnyway } from '../../../electron/host/review/fitness.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

/** Blurred blobs on pink: tissue that no scanner had in focus. */
async function blurred(folder: string): Promise<string> {
  const side = 1200
  const rgb = Buffer.alloc(side * side * 3)
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const isNucleus = (x % 40) ** 2 + (y % 40) ** 2 < 150
      rgb.set(isNucleus ? [90, 60, 140] : [225, 170, 205], 3 * (y * side + x))
    }
  const path = join(folder, 'blurred.png')
  await sharp(rgb, { raw: { width: side, height: side, channels: 3 } })
    .blur(8)
    .png()
    .toFile(path)
  return path
}

it('a blurred slide is unfit until the reader goes on; that is remembered for this slide and this finding alone', async () => {
  const { workbench, context, folder, slideId: other } = await temporaryWorkbench()
  const slideId = await workbench.openSlide(await blurred(folder), 0.5)
  const keys = async () => (await fitnessOf(context, slideId)).misfits.map(({ finding }) => finding.key)
  expect(await keys()).toContain('fitBlurred')
  goOnAnyway(context, slideId, ['fitInk'])
  expect(await keys()).toContain('fitBlurred')
  goOnAnyway(context, slideId, ['fitBlurred'])
  expect(await keys()).not.toContain('fitBlurred')
  expect(JSON.parse(context.project.settings.get('unfit') ?? '{}')).toEqual({ [slideId]: ['fitInk', 'fitBlurred'] })
  expect(() => goOnAnyway(context, other + 99, ['fitInk'])).toThrow()
})
it('nuclei of a size that none have speak against the scale', async () => {
  const { workbench, context, folder } = await temporaryWorkbench()
  const slideId = await workbench.openSlide(await blurred(folder), 2)
  workbench.detect(slideId)
  await workbench.idle()
  // The fake engine finds squares of 10 px: 20 µm.
  const { misfits } = await fitnessOf(context, slideId)
  expect(misfits.map(({ finding }) => finding.key)).toContain('fitMedian')
})
