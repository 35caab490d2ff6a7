import { inEnglish } from '../../electron/contract/index.ts'
import { writeFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readAnnotations, type ReadAnnotations } from '../../electron/formats/index.ts'
import { collection, feature, fileWith, polygon, ring, square, temporaryFolder } from './support.ts'
import { boxOf, outlineOf } from '../../models/nuclei/nuclei.ts'

const slide = { width: 1000, height: 800 }
async function read(content: unknown, name?: string, size = slide): Promise<ReadAnnotations> {
  const result = await readAnnotations(fileWith(content, name), size)
  if (!result.ok) throw new Error(inEnglish(result.failure.message))
  return result.value
}
async function refusal(content: unknown, name?: string) {
  const result = await readAnnotations(fileWith(content, name), slide)
  if (result.ok) throw new Error('It was read.')
  return result.failure
}
const one = feature(polygon(ring(10, 20)), { classification: { name: 'Tumor', color: [200, 0, 0] } })

describe('GeoJSON import', () => {
  test.each([
    ['a FeatureCollection', collection(one), 'a.geojson'],
    ['a bare list', [one], 'a.json'],
    ['a single feature', one, 'a.json'],
    ['a gzipped file', collection(one), 'a.geojson.gz'],
    ['a gzipped file under another name', collection(one), 'a.gz'],
    ['a file with a byte order mark', '\uFEFF' + JSON.stringify([one]), 'a.json'],
    ['a file with white space before and after', `\n\n ${JSON.stringify([one], null, 2)} \n`, 'a.json'],
  ])('%s is read with its nucleus, class and colour', async (_, content, name) => {
    const { classified: c, skipped } = await read(content, name)
    expect(c.nuclei.count).toBe(1)
    expect([...outlineOf(c.nuclei, 0)]).toEqual(square(10, 20))
    expect(boxOf(c.nuclei, 0)).toEqual([10, 20, 20, 30])
    expect(c.classes).toEqual([{ name: 'Tumor', color: '#c80000' }])
    expect([...c.classIndex]).toEqual([0])
    expect(skipped).toEqual([])
  })

  test.each([
    ['a name with the packed colour of older QuPath files', { name: 'A', colorRGB: -3670016 }, 'A', '#c80000'],
    ['a list of names as in newer QuPath files', { names: ['A', 'positive'] }, 'A: positive', '#e69f00'],
    ['a plain string', 'A', 'A', '#e69f00'],
  ])('a class given as %s is read', async (_, classification, name, color) => {
    const { classified: c } = await read([feature(polygon(ring(1, 1)), { classification })])
    expect(c.classes).toEqual([{ name, color }])
  })

  test('of a cell with a nucleus, the outline of the nucleus is read', async () => {
    const cell = feature(polygon(ring(0, 0, 50)), { objectType: 'cell' }, { nucleusGeometry: polygon(ring(20, 20)) })
    expect([...outlineOf((await read([cell])).classified.nuclei, 0)]).toEqual(square(20, 20))
  })

  test('the largest part of a MultiPolygon is read, and holes and other parts are reported', async () => {
    const parts = [[ring(0, 0, 5)], [ring(100, 100, 40), ring(110, 110, 5)]]
    const { classified: c, skipped } = await read([
      feature({ type: 'MultiPolygon', coordinates: parts }, { objectType: 'detection' }),
    ])
    expect([...outlineOf(c.nuclei, 0)]).toEqual(square(100, 100, 40))
    expect(skipped).toEqual([
      { reason: 'holes', count: 1 },
      { reason: 'smallerParts', count: 1 },
    ])
  })

  test('a ring that repeats its first point twice or not at all is read as the same outline', async () => {
    const twice = [...ring(10, 10), [10, 10]]
    const open = ring(10, 10).slice(0, 4)
    const { nuclei } = (await read([feature(polygon(twice)), feature(polygon(open))])).classified
    expect([...outlineOf(nuclei, 0)]).toEqual(square(10, 10))
    expect([...outlineOf(nuclei, 1)]).toEqual(square(10, 10))
  })

  test('every record without an outline on the slide is counted by reason, and points are dots', async () => {
    const {
      classified: c,
      dots,
      skipped,
    } = await read(
      collection(
        one,
        feature({ type: 'Point', coordinates: [1, 1] }),
        feature({ type: 'MultiPoint', coordinates: [[1, 1], [2, 2], [3, 3]] }), // prettier-ignore
        feature({ type: 'LineString', coordinates: [[1, 1], [2, 2]] }), // prettier-ignore
        feature(polygon([[1, 1], [null, 2] as unknown as number[], [3, 3], [1, 1]])), // prettier-ignore
        feature(polygon(ring(5000, 10))),
        feature(polygon([[1, 1], [2, 2], [1, 1]])), // prettier-ignore
        feature(polygon([[1, 1], [2, 2], [3, 3], [1, 1]])), // prettier-ignore
        feature(null),
        feature(polygon()),
        feature(polygon(ring(0, 0, 900)), {}, { id: 'PathRootObject' }),
        'not a feature',
      ),
    )
    expect(c.nuclei.count).toBe(1)
    expect([...dots.centres]).toEqual([1, 1, 1, 1, 2, 2, 3, 3])
    expect(Object.fromEntries(skipped.map((s) => [s.reason, s.count]))).toEqual({
      points: 4,
      lines: 1,
      notNumbers: 1,
      outsideSlide: 1,
      tooFewPoints: 2,
      noArea: 1,
      noGeometry: 1,
      wholeSlideObjects: 1,
      notFeatures: 1,
    })
  })

  test('a nucleus that the edge of the slide cuts is read, also where its middle is outside', async () => {
    const cut = [ring(-9, 10), ring(10, -9), ring(999, 10), ring(10, 799)]
    const away = [ring(-11, 10), ring(10, 801)]
    const { classified, skipped } = await read([...cut, ...away].map((one) => feature(polygon(one))))
    expect(classified.nuclei.count).toBe(4)
    expect(skipped).toEqual([{ reason: 'outsideSlide', count: 2 }])
  })

  test('an annotation around detections is not a nucleus, but annotations without detections are', async () => {
    const region = feature(polygon(ring(0, 0, 500)), { objectType: 'annotation' })
    const detection = feature(polygon(ring(10, 10)), { objectType: 'detection' })
    const both = await read([region, detection])
    expect([...outlineOf(both.classified.nuclei, 0)]).toEqual(square(10, 10))
    expect(both.skipped).toEqual([{ reason: 'besideDetections', count: 1 }])
    expect((await read([region])).classified.nuclei.count).toBe(1)
  })

  test('bare NaN and Infinity from QuPath and Python do not break the file, and in a class name they are text', async () => {
    const text = `[{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[1,1],[9,1],[9,9]]]},
      "properties":{"measurements":{"x":NaN,"y":-Infinity,"p(A)":0.5},"classification":{"name":"NaN, \\"Infinity"}}},
      {"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[NaN,1],[9,1],[9,9]]]},"properties":{}}]`
    const { classified: c, skipped } = await read(text)
    expect(c.classes[0].name).toBe('NaN, "Infinity')
    expect([...(c.probabilities ?? [])]).toEqual([0.5])
    expect(skipped).toEqual([{ reason: 'notNumbers', count: 1 }])
  })

  test('coordinates on a slide of 200,000 px are exact to 0.01 px', async () => {
    const far = ring(199_000.01, 150_000.37)
    const { nuclei } = (await read([feature(polygon(far))], 'a.json', { width: 200_000, height: 200_000 })).classified
    const rounded = [...outlineOf(nuclei, 0)].map((v) => Math.round(v * 100) / 100)
    expect(rounded).toEqual(far.slice(0, 4).flat())
  })

  test('nuclei listed before the first one with probabilities have none', async () => {
    const { classified: c } = await read([one, feature(polygon(ring(50, 50)), { measurements: { 'p(A)': 1 } })])
    expect([...(c.probabilities ?? [])]).toEqual([0, 1])
  })
})

describe('GeoJSON import refuses', () => {
  test.each([
    ['an empty file', '', 'empty', /is empty/],
    ['a file of white space', ' \n ', 'empty', /is empty/],
    ['an empty collection', collection(), 'empty', /its list of them is empty/],
    [
      'a file of points only',
      [feature({ type: 'Point', coordinates: [1, 1] })],
      'empty',
      /1 point, which has no outline/,
    ],
    ['text that is not JSON', 'hello', 'unreadable', /not valid JSON at byte/],
    ['JSON that is cut short', JSON.stringify([one, one]).slice(0, -30), 'unreadable', /not valid JSON/],
    ['JSON of another kind', { polygons: [1] }, 'unsupported', /not GeoJSON/],
    [
      'nuclei that all lie outside',
      [feature(polygon(ring(9000, 9000)))],
      'invalid-input',
      /another slide|another scale/,
    ],
  ])('%s', async (_, content, kind, sentence) => {
    const failure = await refusal(content)
    expect(failure.kind).toBe(kind)
    expect(inEnglish(failure.message)).toMatch(sentence)
    expect(inEnglish(failure.message)).toMatch(/\.$/)
  })

  test('a missing file, a folder and a gzip file cut short', async () => {
    const folder = temporaryFolder()
    expect(await readAnnotations(join(folder, 'no.geojson'), slide)).toMatchObject({ failure: { kind: 'not-found' } })
    expect(await readAnnotations(folder, slide)).toMatchObject({ failure: { kind: 'invalid-input' } })
    const whole = readFileSync(fileWith(collection(...Array.from({ length: 500 }, () => one)), 'a.geojson.gz'))
    const cut = join(folder, 'cut.geojson.gz')
    writeFileSync(cut, whole.subarray(0, whole.length - 20))
    expect(await readAnnotations(cut, slide)).toMatchObject({ failure: { kind: 'unreadable' } })
  })
})

test('the parts of JSON are found wherever the file is split into pieces', async () => {
  const { JsonSplitter } = await import('../../electron/formats/files/jsonParts.ts')
  const text =
    '{"a":{"b":[1,{"c":"]}\\"\\\\"}],"ü\\n":-1.5e3},"list":[NaN,[-Infinity,"NaN \\"Infinity"],{"x":Infinity},null, true,7],"e":[]}\n' +
    '\u001e{"list":[1]}'
  const bytes = Buffer.from(text)
  const partsOf = (size: number) => {
    const splitter = new JsonSplitter(['$.list[]', '$.a.*'])
    for (let at = 0; at < bytes.length; at += size) splitter.take(bytes.subarray(at, at + size))
    expect(splitter.end()).toBe(true)
    return splitter.found.map(({ at, value, key }) => [at, key, value])
  }
  const whole = partsOf(bytes.length)
  expect(whole).toEqual([
    ['$.a.*', 'b', [1, { c: ']}"\\' }]],
    ['$.a.*', 'ü\n', -1500],
    ['$.list[]', 0, null],
    ['$.list[]', 1, [null, 'NaN "Infinity']],
    ['$.list[]', 2, { x: null }],
    ['$.list[]', 3, null],
    ['$.list[]', 4, true],
    ['$.list[]', 5, 7],
    ['$end', 1, 'object'],
    ['$.list[]', 0, 1],
    ['$end', 2, 'object'],
  ])
  for (const size of [1, 2, 3, 5, 7, 64]) expect(partsOf(size)).toEqual(whole)
})
