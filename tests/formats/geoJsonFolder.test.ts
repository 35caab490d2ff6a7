import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { openDataSet } from '../../electron/formats/dataSets/index.ts'
import { dataFolder, hasData } from '../support/data.ts'
import { temporaryFolder } from './support.ts'

const square = (x: number, y: number, name?: string) => ({
  type: 'Feature',
  geometry: {
    type: 'Polygon',
    coordinates: [
      [
        [x, y],
        [x + 10, y],
        [x + 10, y + 10],
        [x, y + 10],
        [x, y],
      ],
    ],
  },
  properties: { objectType: 'detection', ...(name !== undefined && { classification: { name } }) },
})

async function folderOf(files: Record<string, unknown>, pictures: readonly string[]): Promise<string> {
  const folder = temporaryFolder()
  for (const picture of pictures)
    await sharp({ create: { width: 80, height: 60, channels: 3, background: '#e0c8d8' } }).toFile(join(folder, picture))
  for (const [name, features] of Object.entries(files))
    writeFileSync(join(folder, name), JSON.stringify({ type: 'FeatureCollection', features }))
  return folder
}

describe('a folder of pictures with GeoJSON', () => {
  test('gives boxes, outlines and classes, which are the same number in every picture', async () => {
    const folder = await folderOf(
      {
        'a.geojson': [square(10, 20, 'tumour'), square(30, 20), square(200, 20, 'tumour')],
        'b_nuclei.geojson': [square(5, 5, 'stroma'), square(40, 40, 'tumour')],
        'b_tissue.geojson': [square(0, 0, 'necrosis')],
      },
      ['a.png', 'b.jpg'],
    )
    const { classes, images, skipped } = await openDataSet(folder)
    expect(classes).toEqual(['tumour', 'stroma'])
    expect(images.map(({ name, mpp }) => [name, mpp])).toEqual([
      ['a', null],
      ['b', null],
    ])
    expect([...images[0].boxes]).toEqual([10, 20, 20, 30, 30, 20, 40, 30])
    expect([...images[0].classIndex!]).toEqual([0, -1])
    expect([...images[1].classIndex!]).toEqual([1, 0])
    expect((await images[1].outlines())!.map((o) => Array.from(o))[0]).toEqual([5, 5, 15, 5, 15, 15, 5, 15])
    expect(skipped).toEqual([{ reason: 'outsideSlide', count: 1 }])
  })

  test('is refused where a picture has no nuclei file, or nuclei have no picture', async () => {
    const folder = await folderOf({ 'a.geojson': [square(1, 1, 'x')], 'c.geojson': [] }, ['a.png', 'b.png'])
    await expect(openDataSet(folder)).rejects.toThrow(/without annotations: b\.png; without a picture: c\.geojson/)
  })

  test.skipIf(!hasData('puma'))('is how PUMA is read: 671 nuclei of six classes on one picture', async () => {
    const { classes, images, skipped } = await openDataSet(dataFolder('puma'))
    expect(images.map(({ width, height, boxes }) => [width, height, boxes.length / 4])).toEqual([[1024, 1024, 671]])
    const counts = classes.map((_, c) => images[0].classIndex!.filter((k) => k === c).length)
    expect(Object.fromEntries(classes.map((name, c) => [name, counts[c]]))).toEqual({
      nuclei_tumor: 180,
      nuclei_lymphocyte: 475,
      nuclei_plasma_cell: 2,
      nuclei_apoptosis: 3,
      nuclei_histiocyte: 10,
      nuclei_endothelium: 1,
    })
    expect(skipped).toEqual([{ reason: 'smallerParts', count: 1 }])
  })
})
