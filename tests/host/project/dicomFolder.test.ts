import { says } from '../../support/messages.ts'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect, test } from 'vitest'
import { browse } from '../../../electron/host/project/browse.ts'
import { writeDicom } from '../../support/dicom.ts'
import { decodedBy, largestDifference, picture } from '../../support/slides.ts'
import { tilesOf } from '../../support/tiles.ts'
import { temporaryHost } from '../temporaryWorkbench.ts'

const large = picture(128, 128)
const half = picture(64, 64)
const level = (image: typeof large, series = '1.2.3.4') =>
  writeDicom({
    transferSyntax: '1.2.840.10008.1.2.1',
    isNative: true,
    width: image.width,
    height: image.height,
    tile: 64,
    spacing: [0.0005, 0.0005],
    frames: tilesOf(image, 64),
    series,
  })

/** Writes a folder as an archive exports it, with meaningless file names and another file among them. */
function exported(folder: string, ...files: Buffer[]): string {
  const path = join(folder, 'Fall 7 – Mamma')
  mkdirSync(path)
  files.forEach((bytes, i) => writeFileSync(join(path, `IM${i}`), bytes))
  writeFileSync(join(path, 'DICOMDIR.txt'), 'nothing')
  return path
}

test('a folder with one DICOM slide is listed as openable, opens as one slide, and serves its tiles', async () => {
  const { folder, workbench, fetch } = await temporaryHost()
  const path = exported(folder, level(half), level(large))
  expect(await browse(path)).toMatchObject({ openable: true, parent: folder })
  expect(await browse(folder)).toMatchObject({ openable: false })

  const slideId = await workbench.openSlide(path)
  const slide = workbench.state().slides.find(({ id }) => id === slideId)
  expect(slide).toMatchObject({ info: { format: 'DICOM whole slide', width: 128, mpp: { x: 0.5 } } })
  expect(slide?.info.levels.filter(({ generated }) => !generated)).toHaveLength(2)
  const tile = await fetch(`/slides/${slideId}/tiles/1/0_0`)
  expect(tile.status).toBe(200)
  expect(largestDifference(await decodedBy(new Uint8Array(await tile.arrayBuffer())), half)).toBe(0)
  const smallest = (slide?.info.levels.length ?? 0) - 1
  expect((await fetch(`/slides/${slideId}/tiles/${smallest}/0_0`)).status).toBe(200)
  // The folder and the file that represents it open the same slide.
  expect(await workbench.openSlide(path)).toBe(slideId)
  expect(await workbench.openSlide(join(path, slide?.name ?? ''))).toBe(slideId)
})

test('a folder with two DICOM slides and a folder without a slide are refused with a clear message', async () => {
  const { folder, workbench } = await temporaryHost()
  const path = exported(folder, level(large), level(large, '1.2.3.5'))
  await expect(workbench.openSlide(path)).rejects.toMatchObject({
    failure: { kind: 'invalid-input', message: says('2 DICOM slides') },
  })
  await expect(workbench.openSlide(folder)).rejects.toMatchObject({
    failure: { kind: 'invalid-input', message: says(basename(folder)) },
  })
  expect(workbench.state().slides).toHaveLength(1)
})
