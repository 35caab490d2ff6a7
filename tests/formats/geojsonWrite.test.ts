import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { FailureError, inEnglish } from '../../electron/contract/index.ts'
import { geoJsonText, readAnnotations, writeAtomically, writeGeoJson } from '../../electron/formats/index.ts'
import { classified, temporaryFolder } from './support.ts'

interface Written {
  type: string
  features: {
    type: string
    id: string
    geometry: { type: string; coordinates: number[][][] }
    properties: { objectType: string; classification?: object; measurements?: Record<string, number> }
  }[]
}
const parsed = () => JSON.parse([...geoJsonText(classified)].join('')) as Written

describe('GeoJSON export', () => {
  test('each nucleus is a QuPath detection with a closed ring, its class with colour, and its probabilities', () => {
    const { type, features } = parsed()
    expect(type).toBe('FeatureCollection')
    expect(features).toHaveLength(3)
    expect(features[0].type).toBe('Feature')
    expect(features[0].geometry).toEqual({
      type: 'Polygon',
      coordinates: [
        [
          [1000.25, 2000.5],
          [1010.25, 2000.5],
          [1010.25, 2010.5],
          [1000.25, 2010.5],
          [1000.25, 2000.5],
        ],
      ],
    })
    expect(features[0].properties).toEqual({
      objectType: 'detection',
      classification: { name: 'epithelial', color: [230, 159, 0] },
      measurements: { 'p(epithelial)': 0.75, 'p(=cmd|"calc", x)': 0.25, 'Labelled by human': 0 },
    })
    expect(features[1].properties.measurements?.['Labelled by human']).toBe(1)
    expect(features[2].properties.classification).toBeUndefined()
  })

  test('ids are UUIDs that differ between nuclei and stay the same from export to export', () => {
    const ids = parsed().features.map((f) => f.id)
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
    expect(new Set(ids).size).toBe(3)
    expect(parsed().features.map((f) => f.id)).toEqual(ids)
  })

  test('the export of a slide without nuclei is a valid empty collection', () => {
    const none = { ...classified, nuclei: { ...classified.nuclei, count: 0 } }
    expect((JSON.parse([...geoJsonText(none)].join('')) as Written).features).toEqual([])
  })

  test('an export is read back exactly, gzipped or not, and exported again as the same text', async () => {
    const folder = temporaryFolder()
    for (const name of ['a.geojson', 'a.geojson.gz']) {
      const path = join(folder, name)
      expect(await writeGeoJson(path, classified)).toEqual({ ok: true, value: { nuclei: 3 } })
      const text = [...geoJsonText(classified)].join('')
      const stored = readFileSync(path)
      expect((name.endsWith('.gz') ? gunzipSync(stored) : stored).toString()).toBe(text)
      const back = await readAnnotations(path, { width: 5000, height: 5000 })
      if (!back.ok) throw new Error(inEnglish(back.failure.message))
      expect(back.value.skipped).toEqual([])
      const { classified: read } = back.value
      expect(read.classes).toEqual(classified.classes)
      expect(read.classIndex).toEqual(classified.classIndex)
      expect(read.probabilities).toEqual(classified.probabilities)
      expect(read.labelled).toEqual(classified.labelled)
      expect([...geoJsonText({ ...read, nuclei: { ...read.nuclei, id: classified.nuclei.id } })].join('')).toBe(text)
    }
  })

  test('a missing folder is refused with a clear message', async () => {
    const result = await writeGeoJson(join(temporaryFolder(), 'missing', 'a.geojson'), classified)
    expect(result).toMatchObject({ ok: false, failure: { kind: 'not-found' } })
    expect(result.ok ? '' : inEnglish(result.failure.message)).toContain('there is no such file or folder')
  })
})

describe('atomic writing', () => {
  function* breaking(error: Error): Generator<string> {
    yield 'half a file'
    throw error
  }

  test.each([
    ['full disk', 'ENOSPC', /the disk is full/],
    ['read-only drive', 'EROFS', /the drive is read-only/],
    ['folder without rights', 'EACCES', /permission was denied/],
  ])('on a %s the old file stays, no partial file is left, and the message says why', async (_, code, sentence) => {
    const folder = temporaryFolder()
    const path = join(folder, 'a.geojson')
    writeFileSync(path, 'old')
    const refused = writeAtomically(path, breaking(Object.assign(new Error('refused'), { code })))
    await expect(refused).rejects.toThrow(sentence)
    await expect(refused).rejects.toBeInstanceOf(FailureError)
    expect(readFileSync(path, 'utf8')).toBe('old')
    expect(readdirSync(folder)).toEqual(['a.geojson'])
  })

  test('a bug while writing is thrown, and no partial file is left', async () => {
    const folder = temporaryFolder()
    await expect(writeAtomically(join(folder, 'a.csv'), breaking(new TypeError('bug')))).rejects.toThrow(TypeError)
    expect(readdirSync(folder)).toEqual([])
  })

  test('no file is left when writing is cancelled', async () => {
    const folder = temporaryFolder()
    const controller = new AbortController()
    function* endless(): Generator<string> {
      for (let i = 0; ; i++) {
        if (i === 100_000) controller.abort()
        yield 'text that goes on '
      }
    }
    const path = join(folder, 'a.csv')
    await expect(writeAtomically(path, endless(), { signal: controller.signal })).rejects.toThrow(/cancelled/)
    expect(existsSync(path)).toBe(false)
    expect(readdirSync(folder)).toEqual([])
  })
})
