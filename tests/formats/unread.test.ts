import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { annotationEndings, inEnglish } from '../../electron/contract/index.ts'
import { importers, readAllAnnotations, readAnnotations } from '../../electron/formats/index.ts'
import { temporaryFolder } from './support.ts'

const slide = { width: 64, height: 48, mpp: 0.25 }
const bytes = (hex: string) => Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(200, 7)])

test.each([
  ['store.db', Buffer.from('SQLite format 3\0'.padEnd(200, '\0')), /AnnotationStore of TIAToolbox.*to_geojson/],
  ['cells.h5ad', bytes('894844460d0a1a0a'), /HDF5.*GeoJSON/],
  ['labels.npy', bytes('934e554d5059'), /NumPy array.*label image/],
  ['data.qpdata', bytes('aced0005'), /QuPath project.*Export objects as GeoJSON/],
  ['cell.roi', Buffer.from('Iout\0\0\0'), /ImageJ ROIs/],
  ['RoiSet.zip', bytes('504b0304'), /ZIP archive.*Unpack/],
  ['cells.parquet', Buffer.from('PAR1....'), /Parquet/],
  ['cells.shp', bytes('0000270a'), /shapefile/],
  ['a.dcm', Buffer.concat([Buffer.alloc(128), Buffer.from('DICM....')]), /DICOM/],
  ['slide.ndpa', '<?xml version="1.0"?><annotations><ndpviewstate id="1"></ndpviewstate></annotations>', /NDP.view/],
  ['rois.ome.xml', '<?xml version="1.0"?><OME xmlns="x"><ROI/></OME>', /OME-XML/],
  ['cells.geojson.html', '<!DOCTYPE html><html><body>Log in</body></html>', /web page/],
  ['other.xml', '<?xml version="1.0"?><something/>', /neither of ASAP nor of Aperio/],
  ['cells.pkl', bytes('80049511'), /pickle/],
  ['picture.jpg', bytes('ffd8ffe0'), /picture with lossy/],
  ['other.json', '{"hello": [1, 2]}', /JSON, but of no kind/],
  ['cells.csv', 'id,x,y,class\r\n1,2,3,a\r\n', /is a table/],
  ['notes.md', 'Dear colleague', /kind is not known/],
])('%s is named for what it is, with what to do', async (name, content, sentence) => {
  const path = join(temporaryFolder(), name)
  writeFileSync(path, content)
  const result = await readAnnotations(path, slide)
  expect(result).toMatchObject({ ok: false, failure: { kind: 'unsupported' } })
  expect(result.ok ? '' : inEnglish(result.failure.message)).toMatch(sentence)
})

test('a label image of 16 bits, packed or not, gives a nucleus for each value, and one of another size is refused', async () => {
  const values = new Uint16Array(64 * 48)
  for (let y = 5; y < 15; y++) {
    values.fill(300, 64 * y + 5, 64 * y + 15)
    values.fill(40_000, 64 * y + 15, 64 * y + 30)
  }
  const png = await sharp(values, { raw: { width: 64, height: 48, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer()
  for (const [name, content] of [
    ['labels.png', png],
    ['labels.png.gz', gzipSync(png)],
  ] as const) {
    const path = join(temporaryFolder(), name)
    writeFileSync(path, content)
    const { classified, skipped } = await readAllAnnotations(path, slide)
    expect([classified.nuclei.count, skipped]).toEqual([2, []])
    expect([...classified.nuclei.box]).toEqual([5, 5, 15, 15, 15, 5, 30, 15])
    await expect(readAllAnnotations(path, { width: 640, height: 480 })).rejects.toThrow(/64/)
  }
})

test('the page and the command line know the endings of all importers, and no others', () => {
  const known = new Set(importers.flatMap(({ endings }) => endings))
  expect([...known].sort()).toEqual([...annotationEndings].sort())
})
