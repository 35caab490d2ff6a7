import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import type { ClassifiedNuclei } from '../../electron/contract/index.ts'
import type { Exporter } from '../../electron/formats/annotations/export/exporter.ts'
import { exporterOf, exporters, readAllAnnotations, writeAtomically } from '../../electron/formats/index.ts'
import { nucleiFromOutlines, outlineOf } from '../../models/nuclei/nuclei.ts'
import { square, temporaryFolder } from './support.ts'

const slide = { width: 400, height: 300, mpp: { x: 0.25, y: 0.25, source: 'test' }, name: 'a.svs', picture: 'a.svs' }
const nuclei: ClassifiedNuclei = {
  nuclei: nucleiFromOutlines(
    // The last one crosses itself.
    [square(10.25, 20.5), square(100, 20), square(200.01, 100.99, 7), [300, 100, 320, 120, 320, 100, 300, 122]],
    'detected',
    Uint32Array.of(7, 8, 9, 10),
  ),
  classes: [
    { name: 'Tumour & "stroma" <x>', color: '#e69f00' },
    { name: 'Ünüsed', color: '#56b4e9' },
    { name: 'Lymphozyt', color: '#0072b2' },
  ],
  classIndex: Int16Array.of(0, 2, -1, 2),
  projectId: 'f3c9a9c1-58a1-4c0e-9f0e-2b1b3a1d5e77',
}

async function written(format: string, content: ClassifiedNuclei = nuclei): Promise<string> {
  const path = join(
    temporaryFolder(),
    `out.${format === 'coco' ? 'json' : /asap|aperio/.test(format) ? 'xml' : format}`,
  )
  await writeAtomically(path, exporterOf(format).content(content, slide), { gzip: exporterOf(format).gzip ?? false })
  return path
}

/** Formats that an importer reads. */
const readBack = ['geojson', 'geojson.gz', 'coco', 'asap', 'aperio']
/** The others, with the file whose tests look at what they write. */
const lookedAt: Readonly<Record<string, string>> = {
  csv: 'csv.test.ts',
  'csv-semicolon': 'csv.test.ts',
  dicom: 'exporters.test.ts',
  png: 'exporters.test.ts',
  svg: 'exporters.test.ts',
}

async function piecesOf(pieces: ReturnType<Exporter['content']>): Promise<number> {
  let bytes = 0
  for await (const piece of pieces) bytes += piece.length
  return bytes
}

describe('exports', () => {
  test('every format is read back here, or stands in `lookedAt` with its tests', () => {
    expect([...readBack, ...Object.keys(lookedAt)].sort()).toEqual(exporters.map(({ format }) => format).sort())
  })

  test.each(exporters.map(({ format }) => format))(
    '%s is written for a slide without nuclei, and without µm/px is written or refused at once',
    async (format) => {
      const { content } = exporterOf(format)
      const none = { ...nuclei, nuclei: nucleiFromOutlines([], 'detected'), classIndex: new Int16Array() }
      expect(await piecesOf(content(none, slide))).toBeGreaterThan(0)
      let pieces: ReturnType<Exporter['content']>
      try {
        pieces = content(nuclei, { ...slide, mpp: null })
      } catch (error) {
        return expect(error).toMatchObject({ failure: { kind: 'no-scale' } })
      }
      expect(await piecesOf(pieces)).toBeGreaterThan(0)
    },
  )

  test.each(readBack)('%s is read back with the same nuclei and classes', async (format) => {
    const { classified: c, skipped } = await readAllAnnotations(await written(format), {
      width: 400,
      height: 300,
      name: 'a.svs',
    })
    const found = Array.from({ length: c.nuclei.count }, (_, i) => ({
      class: c.classes[c.classIndex[i]]?.name,
      outline: Array.from(outlineOf(c.nuclei, i), (v) => Math.round(v * 100) / 100),
    })).sort((a, b) => a.outline[0] - b.outline[0])
    expect(found.map((one) => one.class)).toEqual([nuclei.classes[0].name, 'Lymphozyt', undefined, 'Lymphozyt'])
    expect(found.slice(0, 3).map((one) => one.outline)).toEqual([
      square(10.25, 20.5),
      square(100, 20),
      square(200.01, 100.99, 7),
    ])
    expect(found[3].outline.length).toBeGreaterThanOrEqual(6)
    // What was written needs no repair.
    expect(skipped).toEqual([])
    if (format !== 'coco') expect(c.classes.find(({ name }) => name === 'Lymphozyt')?.color).toBe('#0072b2')
  })

  test('a class map has the colour of each class at its nuclei and is transparent elsewhere', async () => {
    const { data, info } = await sharp(await written('png'))
      .raw()
      .toBuffer({ resolveWithObject: true })
    const at = (x: number, y: number) => [...data.subarray(4 * (y * info.width + x), 4 * (y * info.width + x) + 4)]
    expect([info.width, info.height]).toEqual([400, 300])
    expect(at(15, 25)).toEqual([0xe6, 0x9f, 0x00, 255])
    expect(at(105, 25)).toEqual([0x00, 0x72, 0xb2, 255])
    expect(at(203, 104)).toEqual([128, 128, 128, 255])
    expect(at(50, 50)[3]).toBe(0)
  })

  test('the drawing of the slide holds each nucleus in the colour of its class', async () => {
    const { readFile } = await import('node:fs/promises')
    const text = await readFile(await written('svg'), 'utf8')
    expect(text).toMatch(/<svg[^>]* viewBox="0 0 400 300"/)
    expect(text).toMatch(/fill="#e69f00"[^\n]*\n<path d="M10\.25 20\.5 [^\n]*\n<\/g>/)
    expect(text).toMatch(/fill="#0072b2"[^\n]*\n<path d="M100 20 [^\n]*\n<path [^\n]*\n<\/g>/)
  })

  test('DICOM annotations hold a group for each class that is used, with all coordinates', async () => {
    const { readFile } = await import('node:fs/promises')
    const bytes = await readFile(await written('dicom'))
    expect(bytes.toString('latin1', 128, 132)).toBe('DICM')
    const text = bytes.toString('utf8')
    expect(text).toContain('1.2.840.10008.5.1.4.1.1.91.1')
    for (const label of ['Tumour & "stroma" <x>', 'Lymphozyt', 'without a class']) expect(text).toContain(label)
    expect(text).not.toContain('Ünüsed')
    const first = Buffer.from(Float64Array.of(10.25, 20.5, 20.25, 20.5).buffer)
    expect(bytes.includes(first)).toBe(true)
  })

  test('ids differ between projects and stay the same within one', async () => {
    const idsOf = async (projectId: string) => {
      const { classified } = await readAllAnnotations(await written('geojson', { ...nuclei, projectId }), slide)
      return Buffer.from(classified.uuid!).toString('hex')
    }
    const [a, again, b] = [nuclei.projectId!, nuclei.projectId!, '11c9a9c1-58a1-4c0e-9f0e-2b1b3a1d5e77']
    expect(await idsOf(a)).toBe(await idsOf(again))
    expect(await idsOf(a)).not.toBe(await idsOf(b))
    expect(await idsOf(a)).toMatch(/^f3c9a9c158a18c0e9f0e00000000000/)
  })

  test('every format has a name in both languages', () => {
    for (const { name } of exporters) expect(name.en && name.de).toBeTruthy()
    expect(new Set(exporters.map(({ format }) => format)).size).toBe(exporters.length)
  })
})
