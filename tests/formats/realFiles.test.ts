import { inEnglish } from '../../electron/contract/index.ts'
import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { geoJsonText, readAllAnnotations, readAnnotations } from '../../electron/formats/index.ts'
import { outlineOf } from '../../models/nuclei/nuclei.ts'
import { dataFolder, hasData } from '../support/data.ts'
import { fileWith } from './support.ts'

const slide = { width: 200_000, height: 200_000 }
const peers = 'peer-annotations'
const qupath = `${dataFolder(peers)}/wsidicom-annotation-fixtures`

async function nucleiOf(path: string, size = slide) {
  const result = await readAnnotations(path, size)
  if (!result.ok) throw new Error(`${basename(path)}: ${inEnglish(result.failure.message)}`)
  return result.value
}

describe.skipIf(!hasData(peers))("other tools' files", () => {
  test.each(['brush', 'ellipse', 'polygon', 'rectangle', 'wand'])(
    'an outline of QuPath’s %s tool is read',
    async (tool) => {
      const { classified, skipped } = await nucleiOf(`${qupath}/qupath_geojson/qupath-${tool}.json`)
      expect(classified.nuclei.count).toBe(1)
      expect(skipped).toEqual([])
    },
  )

  test.each(['line', 'polyline', 'point', 'multipoint'])(
    'a QuPath %s is refused because it has no outline',
    async (tool) => {
      const result = await readAnnotations(`${qupath}/qupath_geojson/qupath-${tool}.json`, slide)
      expect(result).toMatchObject({ ok: false, failure: { kind: 'empty' } })
    },
  )

  test("QuPath's classified cells are read with their classes and colours", async () => {
    const { classified } = await nucleiOf(`${qupath}/qupath_geojson_advanced/qupath-polygon-cell-classified.json`)
    expect(classified.nuclei.count).toBe(4)
    expect(classified.classes).toEqual([
      { name: 'Cell', color: '#7fdc3a' },
      { name: 'Nucleus', color: '#b87343' },
    ])
  })

  test('all 3,477 cells of the ten cellseg_gsontools files are read and classified', async () => {
    const files = globSync(`${dataFolder(peers)}/qupath-geojson-cellseg_gsontools/**/*_cells.json`)
    let cells = 0
    let repaired = 0
    for (const file of files) {
      const { classified, skipped } = await nucleiOf(file)
      repaired += skipped.reduce((n, { reason, count }) => n + (reason === 'madeValid' ? count : 0), 0)
      expect(skipped.filter(({ reason }) => reason !== 'madeValid')).toEqual([])
      expect(classified.classIndex.every((c) => c >= 0)).toBe(true)
      cells += classified.nuclei.count
    }
    expect([files.length, cells, repaired]).toEqual([10, 3477, 11])
  })

  test('points from CellViT++ are refused, and the message counts them', async () => {
    const result = await readAnnotations(`${dataFolder(peers)}/cellvit-pp/JP2K-33003-2_cell_detection.geojson`, slide)
    expect(result.ok ? '' : inEnglish(result.failure.message)).toContain('37,927 points, which have no outline')
  })

  test.each([
    ['wsidicom-annotation-fixtures/asap/asap-polygon.xml', 1, 0],
    ['wsidicom-annotation-fixtures/asap/asap-dot.xml', 0, 1],
    ['wsidicom-annotation-fixtures/asap/asap-pointset.xml', 0, 5],
    ['wsidicom-annotation-fixtures/cytomine/cytomine-polygon.txt', 1, 0],
    ['wsidicom-annotation-fixtures/cytomine/cytomine-circle.txt', 1, 0],
    ['wsidicom-annotation-fixtures/cytomine/cytomine-freehand-polygon.txt', 1, 0],
    ['wsidicom-annotation-fixtures/cytomine/cytomine-rectangle.txt', 1, 0],
    ['wsidicom-annotation-fixtures/cytomine/cytomine-point.txt', 0, 1],
    ['wsidicom-annotation-fixtures/sectra/pathologycore-area.json', 1, 0],
    ['wsidicom-annotation-fixtures/qupath_geojson/qupath-multipoint.json', 0, 3],
    ['grand-challenge-multiple-polygons/test7.json', 28, 0],
    ['cellvit-pp/JP2K-33003-2_cell_detection.geojson', 0, 37927],
  ])('%s holds %i outlines and %i dots', async (file, outlines, dots) => {
    // A slide of 94,534 px is as wide as the areas in Sectra's files say.
    const size = { width: 94_534, height: 60_000, mpp: 0.25 }
    const read = await readAllAnnotations(`${dataFolder(peers)}/${file}`, size)
    expect([read.classified.nuclei.count, read.dots.classIndex.length]).toEqual([outlines, dots])
  })

  test('y of a Cytomine file counts from the bottom of the slide', async () => {
    const file = `${dataFolder(peers)}/wsidicom-annotation-fixtures/cytomine/cytomine-point.txt`
    const { dots } = await readAllAnnotations(file, { width: 50_000, height: 40_000 })
    expect([...dots.centres]).toEqual([27646, 40_000 - 19349.34375])
  })

  test("Sectra's places are put by the areas that the file states, and another slide is refused", async () => {
    const file = `${dataFolder(peers)}/wsidicom-annotation-fixtures/sectra/pathologycore-area.json`
    const { classified } = await readAllAnnotations(file, { width: 94_534, height: 60_000, mpp: 0.25 })
    expect(outlineOf(classified.nuclei, 0)[0]).toBeCloseTo(0.688998027588846 * 94_534, 1)
    await expect(readAllAnnotations(file, { width: 50_000, height: 60_000, mpp: 0.25 })).rejects.toThrow(
      /another|23\.6/,
    )
    await expect(readAllAnnotations(file, { width: 50_000, height: 60_000 })).rejects.toThrow(/scale is not known/)
  })

  test('a COCO file of several pictures is read for the slide of the same name', async () => {
    const file = `${dataFolder(peers)}/midogpp-coco/MIDOG++.json`
    const slide = { width: 7215, height: 5412, name: '002.svs' }
    const { dots, skipped } = await readAllAnnotations(file, slide)
    expect(dots.classIndex.length).toBeGreaterThan(0)
    expect(dots.classIndex.length + skipped.reduce((n, { count }) => n + count, 0)).toBe(26_286)
    await expect(readAllAnnotations(file, { ...slide, name: 'other.svs' })).rejects.toThrow(/553 pictures/)
  })

  test('a file of another kind of JSON is refused, and the message says so', async () => {
    const file = `${dataFolder(peers)}/grand-challenge-puma-eval/predictions.json`
    expect(await readAnnotations(file, slide)).toMatchObject({ ok: false, failure: { kind: 'unsupported' } })
  })
})

describe.skipIf(!hasData('puma'))('the PUMA data set', () => {
  test('all 97,193 nuclei of its 205 files are read, and one file survives export and import exactly', async () => {
    const files = globSync(`${dataFolder('puma')}/nuclei_geojson_gz/*.gz`)
    const region = { width: 1024, height: 1024 }
    const perClass = new Map<string, number>()
    let nuclei = 0
    let skippedNuclei = 0
    for (const file of files) {
      const { classified, skipped } = await nucleiOf(file, region)
      nuclei += classified.nuclei.count
      for (const { reason, count } of skipped) if (!/holes|smallerParts/.test(reason)) skippedNuclei += count
      for (const c of classified.classIndex) {
        const { name } = classified.classes[c]
        perClass.set(name, (perClass.get(name) ?? 0) + 1)
      }
    }
    expect(files).toHaveLength(205)
    expect(nuclei + skippedNuclei).toBe(97_193)
    expect(skippedNuclei).toBeLessThan(100)
    expect(perClass.size).toBe(10)

    const first = (await nucleiOf(files[0], region)).classified
    const text = [...geoJsonText(first)].join('')
    const again = (await nucleiOf(fileWith(text), region)).classified
    expect(again).toEqual(first)
    expect([...geoJsonText(again)].join('')).toBe(text)
  })
})
