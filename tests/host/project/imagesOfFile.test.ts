import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { openSlide } from '../../../electron/slides/index.ts'
import { unwrap } from '../../../electron/contract/index.ts'
import { nucleiFromOutlines } from '../../../models/nuclei/nuclei.ts'
import { picture } from '../../support/slides.ts'
import { twoImages } from '../../support/tiff.ts'
import { temporaryWorkbench } from '../temporaryWorkbench.ts'

test('each image of a file becomes a slide of its own, and every reader gets its pixels', async () => {
  const { workbench, context, folder } = await temporaryWorkbench()
  const path = join(folder, 'two.tif')
  writeFileSync(path, twoImages(picture(64, 40), picture(96, 80)))
  expect(await workbench.imagesOf(path)).toMatchObject({ images: [{ width: 64 }, { width: 96 }], image: 2 })
  const large = await workbench.openSlide(path, 0.25)
  expect(workbench.state().slides.at(-1)?.name).toBe('two.tif')
  const small = await workbench.openSlide(`${path}#image=1`, 0.5)
  expect(await workbench.openSlide(path, undefined, 1), 'it keeps its scale').toBe(small)
  expect(await workbench.openSlide(path)).toBe(large)
  const slides = workbench.state().slides.slice(-2)
  expect(slides.map(({ name, info }) => [name, info.width, info.mpp?.x])).toEqual([
    ['two.tif #2', 96, 0.25],
    ['two.tif #1', 64, 0.5],
  ])
  expect((await context.slides.reader(small)).info.width).toBe(64)
  const { slide } = context.slides.forEngine(small)
  expect(unwrap(await openSlide(slide)).info.width, 'the engine opens the same image').toBe(64)

  for (const id of [small, large])
    context.project.nuclei.append(id, nucleiFromOutlines([[1, 1, 9, 1, 9, 9]], 'detected'))
  const written = []
  for (const id of [small, large]) written.push((await workbench.exportFile(id, 'geojson')).path)
  expect(written.map((one) => basename(one))).toEqual(['two #1.geojson', 'two #2.geojson'])
  const coco = join(folder, 'coco.json')
  await workbench.exportCoco([small, large], coco, (slidePath) => basename(slidePath))
  const { images } = JSON.parse(readFileSync(coco, 'utf8')) as { images: { file_name: string }[] }
  expect(images.map(({ file_name }) => file_name)).toEqual(['two.tif#image=1', 'two.tif'])
})
