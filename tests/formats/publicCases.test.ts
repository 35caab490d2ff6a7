import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { inEnglish, type LeftOut } from '../../electron/contract/index.ts'
import { openDataSet } from '../../electron/formats/dataSets/index.ts'
import { geoJsonText, readAllAnnotations, readDetections } from '../../electron/formats/index.ts'
import { dataFolder, hasData } from '../support/data.ts'
import { fileWith } from './support.ts'

const cases = 'public-cases/reports'
const slide = { width: 512, height: 512, mpp: 0.499, name: 'slide.tif' }
const inOrder = { neoplastic: 14, inflammatory: 13, connective: 13 }
const numbered = { '1': 14, '2': 13, '3': 13 }

/** Every annotation file of the cases, with its nuclei, those of each class, and what is said to be left out or changed. */
const files: readonly (readonly [string, number, Record<string, number>, Partial<Record<LeftOut, number>>])[] = [
  ['16-hover_next-26-self-intersecting/nuclei.geojson', 40, {}, { madeValid: 30 }],
  ['17-sopa-112-geopandas-geojson/nuclei.geojson', 40, inOrder, {}],
  ['18-tiatoolbox-721-annotation-store/store.geojson', 40, inOrder, {}],
  ['18-tiatoolbox-721-annotation-store/store-number.geojson', 40, numbered, {}],
  ['18-tiatoolbox-721-annotation-store/store-lines.geojson', 40, inOrder, {}],
  ['18-tiatoolbox-721-annotation-store/store-rs.geojson', 40, inOrder, {}],
  ['18-tiatoolbox-721-annotation-store/store.ndjson', 40, inOrder, {}],
  [
    '19-wholeslidedata-51-unclassified-parent/nuclei.geojson',
    40,
    { neoplastic: 10, inflammatory: 10, connective: 10 },
    { besideDetections: 1 },
  ],
  ['20-hover_net-274-gaps-and-nulls/nuclei.json', 40, { '1': 11, '2': 11, '3': 10 }, {}],
  ['21-cellvitpp-19-label-zero/cellvit1.json', 40, { Neoplastic: 14, Inflammatory: 13, Connective: 13 }, {}],
  ['21-cellvitpp-19-label-zero/map-first.json', 40, inOrder, {}],
  ['21-cellvitpp-19-label-zero/map-last.json', 40, inOrder, {}],
  ['21-cellvitpp-19-label-zero/no-map.json', 40, { '0': 14, '1': 13, '2': 13 }, {}],
  ['23-geojson-nested-and-bare/bare-collection.geojson', 40, {}, {}],
  ['23-geojson-nested-and-bare/bare-multipolygon.geojson', 40, {}, {}],
  ['23-geojson-nested-and-bare/feature-multipolygon-no-class.geojson', 40, {}, {}],
  ['23-geojson-nested-and-bare/nested.geojson', 40, {}, {}],
  ['23-geojson-nested-and-bare/utf16.geojson', 40, {}, {}],
  ['25-rf-detr-1303-grouping-category/data/_annotations.coco.json', 40, inOrder, {}],
  ['truth/coco.json', 40, inOrder, {}],
]

describe.skipIf(!hasData(cases))('annotation files of public reports', () => {
  test.each(files)('%s: %i nuclei with their classes', async (file, count, classes, left) => {
    const path = `${dataFolder(cases)}/${file}`
    const packed = fileWith('', 'packed')
    for (const one of [path, packed]) {
      if (one === packed)
        await import('node:fs/promises').then((fs) => fs.writeFile(packed, gzipSync(readFileSync(path))))
      const { classified, skipped } = await readAllAnnotations(one, slide)
      expect(classified.nuclei.count).toBe(count)
      const byClass = classified.classes.map(({ name }, c) => [
        name,
        classified.classIndex.filter((k) => k === c).length,
      ])
      expect(Object.fromEntries(byClass)).toMatchObject(classes)
      expect(Object.fromEntries(skipped.map(({ reason, count: n }) => [reason, n]))).toMatchObject(left)
      if (Object.keys(left).length === 0 && !file.startsWith('23')) expect(skipped).toEqual([])
    }
    // Positions and classes for scoring are the same nuclei.
    const found = await readDetections(path, slide)
    expect(found.className).toHaveLength(count)
    for (const [name, n] of Object.entries(classes)) expect(found.className.filter((c) => c === name)).toHaveLength(n)
  })

  test.each(files)('%s is exported as outlines that neither cross nor touch themselves', async (file, count) => {
    const { classified } = await readAllAnnotations(`${dataFolder(cases)}/${file}`, slide)
    const again = await readAllAnnotations(fileWith([...geoJsonText(classified)].join('')), slide)
    expect(again.classified.nuclei.count).toBe(count)
    expect(again.skipped).toEqual([])
  })

  test('a file whose classes stand in a property says which, and one without says what was looked for', async () => {
    const notesOf = async (file: string) =>
      (await readAllAnnotations(`${dataFolder(cases)}/${file}`, slide)).notes.map(inEnglish)
    expect(await notesOf('17-sopa-112-geopandas-geojson/nuclei.geojson')).toEqual([
      expect.stringContaining('"cell_type"'),
    ])
    expect(await notesOf('23-geojson-nested-and-bare/bare-multipolygon.geojson')).toEqual([
      expect.stringMatching(/no classes. Looked for: classification, class, .*cell_type/),
    ])
  })

  test.each([
    'absolute-other-machine',
    'ls-1.16-windows',
    'ls-local-files',
    'ls-older',
    'ls-subdir',
    'windows-absolute',
  ])('the picture of the COCO folder %s is found by its base name', async (folder) => {
    const { images, notes } = await openDataSet(`${dataFolder(cases)}/24-label-studio-7294-file-names/${folder}`)
    expect(images).toHaveLength(1)
    expect(images[0].path).toMatch(/reports.24-.*images.cb0618f6-tile\.jpg$/)
    expect(images[0].boxes).toHaveLength(4 * 40)
    expect(notes.map(inEnglish).some((note) => /by their base name/.test(note))).toBe(folder !== 'ls-older')
  })
})
