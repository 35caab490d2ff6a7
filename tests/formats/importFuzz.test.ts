import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { FailureError } from '../../electron/contract/index.ts'
import { geoJsonText, importers, readAllAnnotations, readDetections } from '../../electron/formats/index.ts'
import { dataFolder, hasData } from '../support/data.ts'
import { isLong } from '../support/long.ts'
import { classified, collection, feature, polygon, ring, temporaryFolder } from './support.ts'

/** Small files of each importer; the data beside the checkout adds real ones. */
const small: readonly (readonly [string, string])[] = [
  ['a.geojson', [...geoJsonText(classified)].join('')],
  [
    'b.geojson',
    [1, 2, 3].map((n) => JSON.stringify(feature(polygon(ring(20 * n, 5)), { type: n, area: 3.5 }))).join('\n'),
  ],
  [
    'c.geojson',
    JSON.stringify(
      collection(collection(feature(polygon(ring(3, 3)))), { type: 'MultiPolygon', coordinates: [[ring(9, 9)]] }),
    ),
  ],
  [
    'hovernet.json',
    '{"mag":null,"nuc":{"1":{"bbox":[[1,2],[9,9]],"centroid":[5.5,5.5],"contour":[[2,1],[9,1],[9,9],[2,9]],"type_prob":0.8,"type":1},"7":{"centroid":[50,50],"contour":null,"type":null}}}',
  ],
  [
    'cellvit.json',
    '{"wsi_metadata":{"magnification":20},"type_map":{"Background":0,"Neoplastic":1},"cells":[{"bbox":[[1,2],[9,9]],"centroid":[5,5],"contour":[[2,1],[9,1],[9,9]],"type":1}]}',
  ],
  [
    'coco.json',
    '{"images":[{"id":1,"file_name":"slide.tif","width":512,"height":512}],"categories":[{"id":1,"name":"a"}],"annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[1,1,9,9],"segmentation":[[1,1,10,1,10,10]]},{"id":2,"image_id":1,"category_id":1,"bbox":[20,20,4,4],"segmentation":{"size":[512,512],"counts":[10260,4,508,4,251368]}}]}',
  ],
  [
    'challenge.json',
    '{"type":"Multiple polygons","polygons":[{"name":"t","path_points":[[1,1,0.5],[9,1,0.5],[9,9,0.5]],"probability":0.9}]}',
  ],
  [
    'sectra.json',
    '{"id":1,"persistentId":"a","slideId":"s","type":"AREA","name":"t","content":[{"x":0,"y":0},{"x":0.5,"y":0},{"x":0.5,"y":0.5},{"x":0,"y":0.5}],"result":"0.004096 mm²"}',
  ],
  ['cytomine.json', '{"annotation":{"location":"POLYGON ((26 17, 27 16, 27 15, 26 17))","term":[3]}}'],
  [
    'asap.xml',
    '<?xml version="1.0"?><ASAP_Annotations><Annotations><Annotation Name="a" Type="Polygon" PartOfGroup="T" Color="#ff0000"><Coordinates><Coordinate Order="0" X="1" Y="2"/><Coordinate Order="1" X="9,5" Y="2"/><Coordinate Order="2" X="9" Y="9"/></Coordinates></Annotation></Annotations><AnnotationGroups><Group Name="T" Color="#00ff00"/></AnnotationGroups></ASAP_Annotations>',
  ],
  [
    'aperio.xml',
    '<Annotations MicronsPerPixel="0.25"><Annotation Id="1" Name="" Type="4" LineColor="255"><Attributes><Attribute Name="Epi" Id="0"/></Attributes><Regions><Region Id="1" Type="0"><Vertices><Vertex X="1" Y="1"/><Vertex X="9" Y="1"/><Vertex X="9" Y="9"/></Vertices></Region></Regions></Annotation></Annotations>',
  ],
]
const real = [
  'peer-annotations/wsidicom-annotation-fixtures/sectra/pathologycore-area.json',
  'peer-annotations/wsidicom-annotation-fixtures/cytomine/cytomine-polygon.txt',
  'peer-annotations/wsidicom-annotation-fixtures/asap/asap-pointset.xml',
]

/** A generator of whole numbers below n that gives the same on every machine (Park & Miller 1988). */
function random(seed: number) {
  let state = seed
  return (n: number) => (state = (state * 48_271) % 2_147_483_647) % n
}

const pieces = [
  'NaN',
  '-1e999',
  '""',
  'null',
  '[',
  ']',
  '{',
  '}',
  '<',
  '/>',
  '&#0;',
  '"\\u0000"',
  ',,',
  ':',
  '1e400',
  '\ufeff',
  '[[[[',
  '9'.repeat(400),
]

function mutated(bytes: Buffer, below: (n: number) => number): Buffer {
  const out = Buffer.from(bytes)
  const at = below(bytes.length)
  switch (below(7)) {
    case 0:
      return out.subarray(0, at)
    case 1:
      out[at] = below(256)
      return out
    case 2: {
      const end = Math.min(bytes.length, at + 1 + below(40))
      return Buffer.concat([out.subarray(0, at), out.subarray(end)])
    }
    case 3: {
      const end = Math.min(bytes.length, at + 1 + below(80))
      return Buffer.concat([out.subarray(0, end), out.subarray(at)])
    }
    case 4:
      return Buffer.concat([out.subarray(0, at), Buffer.from(pieces[below(pieces.length)]), out.subarray(at)])
    case 5: {
      // A number, a text or a name is replaced.
      const text = out.toString('latin1')
      const values = [...text.matchAll(/-?\d+(\.\d+)?|"[^"]*"/g)]
      const one = values[below(Math.max(1, values.length))] as RegExpExecArray | undefined
      if (!one) return out
      const other = pieces[below(pieces.length)]
      return Buffer.from(text.slice(0, one.index) + other + text.slice(one.index + one[0].length), 'latin1')
    }
    default: {
      const length = 1 + below(30)
      for (let k = at; k < Math.min(out.length, at + length); k++) out[k] = below(256)
      return out
    }
  }
}

/** Label images of 512 × 512 px with nine nuclei each: packed, and as plain samples that damage turns into other values. */
async function labelImages(): Promise<[string, Buffer][]> {
  const values = new Uint16Array(512 * 512)
  for (let n = 0; n < 9; n++)
    for (let y = 0; y < 40; y++)
      values.fill(
        300 * n + 1,
        512 * (40 + 150 * Math.floor(n / 3) + y) + 30 + 150 * (n % 3),
        512 * (40 + 150 * Math.floor(n / 3) + y) + 70 + 150 * (n % 3),
      )
  const grey = () => sharp(values, { raw: { width: 512, height: 512, channels: 1 } }).toColourspace('grey16')
  return [
    ['labels.png', await grey().png().toBuffer()],
    ['labels.tif', await grey().tiff({ compression: 'none' }).toBuffer()],
    ['packed.tif', await grey().tiff({ compression: 'lzw', tile: true, tileWidth: 128, tileHeight: 128 }).toBuffer()],
    ['labels.png.gz', gzipSync(await grey().png().toBuffer())],
  ]
}
/** No file, however damaged, may take more memory than this over what the process had, and more time. */
const mostBytes = 500e6
const mostMs = 2000

describe('damaged files of other tools', async () => {
  const folder = temporaryFolder()
  const files = [
    ...(await labelImages()),
    ...small.map(([name, text]) => [name, Buffer.from(text)] as const),
    ...real.filter((name) => hasData(name)).map((name) => [name, readFileSync(dataFolder(name))] as const),
  ]
  const runs = isLong ? 2000 : 60
  test.each(files)(
    '%s in many ways damaged is read with counts or refused with a sentence',
    { timeout: isLong ? 600_000 : 60_000 },
    async (name, bytes) => {
      const below = random(name.length * 7919)
      let [slowest, largest] = [0, 0]
      const before = process.memoryUsage().rss
      for (let run = 0; run < runs; run++) {
        const path = join(folder, `${run % 8}-${name.replaceAll('/', '-')}`)
        const damaged = mutated(bytes, below)
        writeFileSync(path, run % 3 === 0 ? mutated(damaged, below) : damaged)
        const start = performance.now()
        for (const read of [readAllAnnotations, readDetections]) {
          try {
            const slide = { width: 512, height: 512, mpp: 0.25, name: 'slide.tif' }
            const result = await read(path, slide)
            if ('classified' in result)
              for (const v of result.classified.nuclei.outline) expect(Number.isFinite(v)).toBe(true)
          } catch (error) {
            if (!(error instanceof FailureError)) throw new Error(`run ${run}: ${String(error)}`, { cause: error })
          }
        }
        slowest = Math.max(slowest, performance.now() - start)
        largest = Math.max(largest, process.memoryUsage().rss - before)
      }
      if (isLong) expect(slowest).toBeLessThan(mostMs)
      expect(largest).toBeLessThan(mostBytes)
    },
  )

  test('a photograph taken for a label image is read quickly, although it has very many values', async () => {
    const below = random(11)
    const noise = Uint16Array.from({ length: 512 * 512 }, () => below(20_000))
    const path = join(folder, 'noise.png')
    await sharp(noise, { raw: { width: 512, height: 512, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toFile(path)
    const { classified: read } = await readAllAnnotations(path, { width: 512, height: 512 })
    expect(read.nuclei.count).toBeGreaterThan(19_000)
  }, 30_000)

  test('every importer reads one of these files', () => {
    const read = files.map(([name, bytes]) => {
      const plain = name.endsWith('.gz') ? gunzipSync(bytes) : bytes
      const [head, start] = [plain.toString('utf8', 0, 4096), plain.subarray(0, 512)]
      return importers.find((one) => one.detect(basename(name, '.gz'), head, start))
    })
    const unread = importers.filter((one) => !read.includes(one)).map((one) => one.name)
    expect(unread, 'give each a file in `small`').toEqual([])
  })
})
