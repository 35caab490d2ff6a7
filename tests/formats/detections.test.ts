import { inEnglish } from '../../electron/contract/index.ts'
import { describe, expect, test } from 'vitest'
import { geoJsonText, readAnnotations, readDetections, readShapes } from '../../electron/formats/index.ts'
import { classified, collection, feature, fileWith, polygon, ring, square } from './support.ts'
import { outlineOf } from '../../models/nuclei/nuclei.ts'

const slide = { width: 1000, height: 800 }
const found = async (content: unknown, name?: string) => {
  const { centroids, className, skipped } = await readDetections(fileWith(content, name), slide)
  return { at: [...centroids], className: [...className], skipped }
}
const many = (rings: number[][][], name: string, objectType = 'annotation') =>
  feature({ type: 'MultiPolygon', coordinates: rings.map((r) => [r]) }, { objectType, classification: { name } })

/** A file from CellViT: one feature per class, with all nuclei of the class as a MultiPolygon. */
const cellVit = [
  many([ring(0, 0), ring(20, 0), ring(40, 0, 20)], 'Neoplastic'),
  many([ring(100, 100)], 'Inflammatory'),
  many([], 'Dead'),
]
/** A file with all objects from QuPath: tissue, a point, a tile and a TMA core, then nuclei. */
const quPath = [
  many([ring(0, 0, 300), ring(400, 0, 300)], 'Tissue'),
  feature({ type: 'Point', coordinates: [9, 9] }, { objectType: 'annotation' }),
  feature(polygon(ring(0, 0, 50)), { objectType: 'tile' }),
  feature(polygon(ring(0, 0, 500)), {}, { id: 'PathTMACoreObject' }),
  feature(polygon(ring(10, 10)), { objectType: 'detection', classification: { name: 'Tumor' } }),
  many([ring(50, 50, 2), ring(60, 50)], 'Tumor', 'detection'),
  feature(polygon(ring(100, 100, 50)), { objectType: 'cell' }, { nucleusGeometry: polygon(ring(120, 120)) }),
]

describe('a file without detections', () => {
  const empty = {
    'HoVer-Net': { mag: 40, nuc: {} },
    CellViT: { wsi_metadata: {}, cells: [] },
    'an empty collection': collection(),
    'an empty list': [],
    'Karyon’s own export': [
      ...geoJsonText({ ...classified, nuclei: { ...classified.nuclei, count: 0, outlineStart: new Uint32Array(1) } }),
    ].join(''),
    'tiles only': collection(feature(polygon(ring(0, 0)), { objectType: 'tile' })),
  }
  test.each(Object.entries(empty))('%s is read as having no nuclei', async (_, content) => {
    const path = fileWith(content, 'a.json')
    expect((await readDetections(path, slide)).className).toEqual([])
    expect((await readShapes(path, slide)).classified.nuclei.count).toBe(0)
    expect(await readAnnotations(path, slide)).toMatchObject({ ok: false, failure: { kind: 'empty' } })
  })
  test('points are read as detections but not as nuclei with outlines, and an empty file is refused', async () => {
    const points = [feature({ type: 'MultiPoint', coordinates: [[1, 1], [2, 2]] })] // prettier-ignore
    expect((await found(points)).at).toEqual([1, 1, 2, 2])
    await expect(readShapes(fileWith(points), slide)).rejects.toThrow(/2 points, which have no outline/)
    await expect(readDetections(fileWith('', 'a.json'), slide)).rejects.toThrow(/is empty/)
  })
})

describe('a MultiPolygon', () => {
  test('a MultiPolygon from CellViT is read as all nuclei of a class', async () => {
    const result = await readAnnotations(fileWith(cellVit), slide)
    if (!result.ok) throw new Error(inEnglish(result.failure.message))
    const { nuclei, classes, classIndex } = result.value.classified
    expect([...classIndex].map((c) => classes[c].name)).toEqual([
      'Neoplastic',
      'Neoplastic',
      'Neoplastic',
      'Inflammatory',
    ])
    expect([...outlineOf(nuclei, 2)]).toEqual(square(40, 0, 20))
    expect(result.value.skipped).toEqual([])
    expect(await found(cellVit)).toEqual({
      at: [5, 5, 25, 5, 50, 10, 105, 105],
      className: ['Neoplastic', 'Neoplastic', 'Neoplastic', 'Inflammatory'],
      skipped: [],
    })
  })
  test.each([
    ['where a class has several features', [...cellVit, many([ring(200, 200), ring(250, 250, 20)], 'Dead')]],
    [
      'where another feature is a Polygon',
      [...cellVit, feature(polygon(ring(250, 250, 20)), { objectType: 'annotation' })],
    ],
  ])('a MultiPolygon is one nucleus in several pieces %s', async (_, features) => {
    expect((await found(features)).at).toEqual([50, 10, 105, 105, 260, 260])
  })
})

test("QuPath's detections and the nuclei of its cells are read once each, without the objects around them", async () => {
  const { at, className, skipped } = await found(quPath)
  expect(at).toEqual([15, 15, 65, 55, 125, 125])
  expect(className).toEqual(['Tumor', 'Tumor', undefined])
  expect(skipped.map(({ reason, count }) => `${count} ${reason}`)).toEqual(['1 tiles', '1 cores', '2 besideDetections'])
})
