import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { openDataSet } from '../../electron/formats/dataSets/index.ts'
import { karyon, temporaryFolder } from '../support/cli.ts'
import { dataFolder, hasData } from '../support/data.ts'

const folder = temporaryFolder()
const file = (name: string) => join(folder, name)
const cases = dataFolder('public-cases/reports')

/** A pixel at (x, y) of the slide: red grows to the right, green downwards. */
const pixel = (x: number, y: number) => [x % 256, y % 256, 100]

beforeAll(async () => {
  const pixels = Buffer.alloc(3 * 300 * 200)
  for (let y = 0; y < 200; y++) for (let x = 0; x < 300; x++) pixels.set(pixel(x, y), 3 * (300 * y + x))
  await sharp(pixels, { raw: { width: 300, height: 200, channels: 3 } })
    .png()
    .toFile(file('case-7.png'))
  const nucleus = (x: number, className: string, id: number) => ({
    type: 'Feature',
    id: `6f0e8a10-0000-4000-8000-00000000000${id}`,
    geometry: { type: 'Polygon', coordinates: [[[x, 20], [x + 20, 20], [x + 20, 40.25], [x, 40], [x, 20]]] }, // prettier-ignore
    properties: { objectType: 'detection', classification: { name: className, color: [1, 2, className.length] } },
  })
  const features = [nucleus(10, 'Tumour', 1), nucleus(50, 'Stroma', 2), nucleus(90, 'Tumour', 3)]
  writeFileSync(file('case-7_nuclei.geojson'), JSON.stringify({ type: 'FeatureCollection', features }))
})

describe('karyon import and export', () => {
  test('a file finds its slide beside it by name, and what came in goes out', async () => {
    const imported = await karyon([
      'import',
      file('case-7_nuclei.geojson'),
      '--project',
      file('study.karyon'),
      '--mpp',
      '0.25',
      '--json',
    ])
    expect(imported.stderr).not.toContain('karyon:')
    expect(JSON.parse(imported.stdout)).toMatchObject({ nuclei: 3, labels: 0, skipped: [] })
    const written = await karyon([
      'export',
      file('study.karyon'),
      '--format',
      'geojson',
      '-o',
      file('out.geojson'),
      '--json',
    ])
    expect(JSON.parse(written.stdout)).toMatchObject({
      nuclei: 3,
      files: [{ slide: 'case-7.png', path: file('out.geojson') }],
    })
    const outlines = (path: string) =>
      (
        JSON.parse(readFileSync(path, 'utf8')) as {
          features: { id: string; geometry: object; properties: { classification: object } }[]
        }
      ).features
        .map(({ id, geometry, properties }) => ({ id, geometry, classification: properties.classification }))
        .sort((a, b) => (a.id < b.id ? -1 : 1))
    expect(outlines(file('out.geojson'))).toEqual(outlines(file('case-7_nuclei.geojson')))
  })

  test('a COCO export is a data set with the slide as its picture', async () => {
    const written = await karyon(['export', file('study.karyon'), '--format', 'coco', '-o', file('coco'), '--json'])
    expect(written.code).toBe(0)
    const { images, classes } = await openDataSet(file('coco'))
    expect(classes).toEqual(['Tumour', 'Stroma'])
    expect(images).toMatchObject([{ width: 300, height: 200, mpp: 0.25 }])
    expect([...images[0].classIndex!].sort()).toEqual([0, 0, 1])
    expect(existsSync(images[0].path)).toBe(true)
  })

  test('a model is trained on a COCO export as it is', async () => {
    const args = ['--method', 'head', '--epochs', '2', '-o', file('trained'), '--json']
    const { code, stdout, stderr } = await karyon(['finetune', '--data', file('coco'), ...args])
    expect([code, stderr]).toEqual([
      0,
      expect.stringContaining('Too few examples to learn from: Tumour (2), Stroma (1).'),
    ])
    expect(JSON.parse(stdout)).toMatchObject({
      labelled: 3,
      sources: [{ images: 1, perClass: { Tumour: 2, Stroma: 1 } }],
    })
  }, 120_000)

  test('a file without a slide, and a project that is not there, are refused with a sentence', async () => {
    writeFileSync(file('lonely.geojson'), '[]')
    const lonely = await karyon(['import', file('lonely.geojson'), '--project', file('other.karyon')])
    expect([lonely.code, lonely.stderr]).toEqual([1, expect.stringContaining('No slide belongs to lonely.geojson')])
    const none = await karyon(['export', file('nowhere.karyon'), '--format', 'csv', '-o', file('x.csv')])
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('no such file')])
    expect(existsSync(file('nowhere.karyon'))).toBe(false)
  })
})

test('where pixels are not square, it is said that nuclei are searched for at the mean', async () => {
  const grey = { width: 256, height: 256, channels: 3 as const, background: '#f0f0f0' }
  await sharp({ create: grey }).tiff({ xres: 4000, yres: 2000 }).toFile(file('stretched.tif'))
  const { stdout, stderr } = await karyon(['detect', file('stretched.tif'), '-o', file('stretched.geojson'), '--json'])
  const said =
    'The pixels of this slide are not square (0.25 × 0.5 µm). Nuclei are found and classified as if they were, at 0.3536 µm/px'
  expect(stderr).toContain(said)
  const { mpp, notes } = JSON.parse(stdout) as { mpp: number; notes: string[] }
  expect(mpp).toBeCloseTo(Math.sqrt(0.25 * 0.5), 6)
  expect(notes).toEqual([expect.stringContaining(said)])
}, 60_000)

describe('karyon region', () => {
  test('writes the level-0 pixels of a region', async () => {
    const { stdout } = await karyon([
      'region',
      file('case-7.png'),
      '--at',
      '30,40,50,60',
      '-o',
      file('r.png'),
      '--json',
    ])
    expect(JSON.parse(stdout)).toMatchObject({ width: 50, height: 60 })
    const { data, info } = await sharp(file('r.png')).raw().toBuffer({ resolveWithObject: true })
    expect(info).toMatchObject({ width: 50, height: 60, channels: 3 })
    expect([...data.subarray(0, 3)]).toEqual(pixel(30, 40))
    expect([...data.subarray(-3)]).toEqual(pixel(79, 99))
  })

  test('with --mpp the picture has that scale', async () => {
    const args = ['region', file('case-7.png'), '--at', '0,0,200,100', '--slide-mpp', '0.25', '--mpp', '0.5']
    const { stdout } = await karyon([...args, '-o', file('half.jpg'), '--json'])
    expect(JSON.parse(stdout)).toMatchObject({ width: 100, height: 50, mpp: 0.5 })
    expect(await sharp(file('half.jpg')).metadata()).toMatchObject({ format: 'jpeg', width: 100, height: 50 })
  })
})

describe.skipIf(!hasData('public-cases/reports'))('classes without an example', () => {
  test('do not enter a model, and this is said', async () => {
    const data = join(cases, '25-rf-detr-1303-grouping-category/data')
    const args = ['--method', 'head', '--epochs', '2', '--mpp', '0.499', '-o', file('m25'), '--json']
    const { code, stderr } = await karyon(['finetune', '--data', data, ...args])
    expect(stderr).toContain('No nucleus of the chosen images has the class "nuclei"')
    expect(code).toBe(0)
    const { classes } = JSON.parse(readFileSync(join(file('m25'), 'model.json'), 'utf8')) as { classes: string[] }
    expect([...classes].sort()).toEqual(['connective', 'inflammatory', 'neoplastic'])
  }, 120_000)

  const missing = join(cases, '27-hover_net-103-absent-class-empty-picture')
  const train = (...more: string[]) =>
    karyon(['finetune', '--data', missing, '--method', 'head', ...more, '-o', file(`m27${more.length}`), '--json'])

  test('and a class with one example are named, and a picture without nuclei does no harm', async () => {
    const { code, stdout, stderr } = await train('--epochs', '30')
    expect(code).toBe(0)
    expect(stderr).toContain(
      'No nucleus of the chosen images has the class "connective", "dead", so the model does not get it.',
    )
    expect(stderr).toContain('Too few examples to learn from: inflammatory (1).')
    const result = JSON.parse(stdout) as { labelled: number; lastLoss: number; sources: { perClass: object }[] }
    expect(result).toMatchObject({ labelled: 60, sources: [{ perClass: { neoplastic: 59, inflammatory: 1 } }] })
    expect(Number.isFinite(result.lastLoss)).toBe(true)
    const scored = await karyon(['evaluate', '--data', missing, '--model', file('m272'), '--json'])
    expect(scored.code).toBe(0)
    const { macroF1, classes } = JSON.parse(scored.stdout) as { macroF1: number; classes: { name: string }[] }
    expect(macroF1).toBeGreaterThan(0.5)
    expect(classes.map(({ name }) => name)).toEqual(['neoplastic', 'inflammatory'])
  }, 240_000)

  test('where the chosen picture has no nucleus, it is said that there is nothing to learn', async () => {
    const { code, stderr } = await train('--tiles', '2', '--epochs', '1')
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/No nucleus of the chosen images .* has a class, .*--tiles/),
    ])
  }, 120_000)
})

describe.skipIf(!hasData('public-cases/reports'))('predictions without classes', () => {
  test('are not scored 0 but refused with what was looked for', async () => {
    const args = ['evaluate', '--data', join(cases, 'truth'), '--metric', 'C', '--predictions']
    const { code, stderr } = await karyon([
      ...args,
      join(cases, '23-geojson-nested-and-bare/bare-multipolygon.geojson'),
    ])
    expect([code, stderr]).toEqual([1, expect.stringMatching(/None of the 40 nuclei .* has a class.*cell_type/)])
    const scored = await karyon([...args, join(cases, '17-sopa-112-geopandas-geojson/nuclei.geojson'), '--json'])
    expect(JSON.parse(scored.stdout)).toMatchObject({ metric: 'C' })
    expect(scored.stdout).not.toMatch(/"F_c":0[,}]/)
  }, 120_000)
})
