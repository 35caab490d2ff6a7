import { inEnglish } from '../../electron/contract/index.ts'
import { globSync } from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, test } from 'vitest'
import { geoJsonText, readAnnotations } from '../../electron/formats/index.ts'
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
    for (const file of files) {
      const { classified, skipped } = await nucleiOf(file)
      expect(skipped).toEqual([])
      expect(classified.classIndex.every((c) => c >= 0)).toBe(true)
      cells += classified.nuclei.count
    }
    expect([files.length, cells]).toEqual([10, 3477])
  })

  test('points from CellViT++ are refused, and the message counts them', async () => {
    const result = await readAnnotations(`${dataFolder(peers)}/cellvit-pp/JP2K-33003-2_cell_detection.geojson`, slide)
    expect(result.ok ? '' : inEnglish(result.failure.message)).toContain('37,927 points, which have no outline')
  })

  test('unsupported files are refused, and the message names them', async () => {
    const files = globSync(
      `${dataFolder(peers)}/{grand-challenge*,midogpp-coco,wsidicom*/{sectra,asap,cytomine}}/**/*.*`,
    )
    const others = files.filter((file) => /\.(json|xml|txt)$/.test(file))
    expect(others.length).toBeGreaterThan(10)
    for (const file of others)
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
