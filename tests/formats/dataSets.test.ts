import { inEnglish, message } from '../../electron/contract/index.ts'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { predictionFiles } from '../../electron/cli/data/predictionFiles.ts'
import { chooseTiles, openDataSet, type DataSet } from '../../electron/formats/dataSets/index.ts'
import { boxOfRunLengths } from '../../electron/formats/dataSets/runLengths.ts'
import { readMat } from '../../electron/formats/dataSets/matFile.ts'
import { polygonMask } from '../../models/metrics/polygonMask.ts'
import { dataFolder, hasData } from '../support/data.ts'
import { matFileBytes, type MatVariable } from '../support/matFile.ts'
import { writeTiff } from '../support/tiff.ts'
import { temporaryFolder } from './support.ts'

/** Makes a folder with these files: text or bytes. */
function folderOf(files: Record<string, string | Buffer>): string {
  const folder = temporaryFolder()
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}
const picture = (width: number, height: number) =>
  sharp({ create: { width, height, channels: 3, background: '#c8a0c8' } })
    .png()
    .toBuffer()
const mask8 = (rows: number[][]) =>
  sharp(Buffer.from(rows.flat()), { raw: { width: rows[0].length, height: rows.length, channels: 1 } })
    .png()
    .toBuffer()
const mask16 = (rows: number[][]) =>
  sharp(Uint16Array.from(rows.flat()), { raw: { width: rows[0].length, height: rows.length, channels: 1 } })
    .toColourspace('grey16')
    .png()
    .toBuffer()

// Three nuclei: an L-shaped one, one beside it, and one of a single pixel.
const map = [
  [7, 7, 3, 3, 0, 0],
  [7, 0, 3, 3, 0, 0],
  [7, 0, 0, 0, 0, 900],
  [0, 0, 0, 0, 0, 0],
]

describe('a folder of instance maps', () => {
  test('each instance of a 16-bit map has its box and an outline around exactly its pixels', async () => {
    const { images, classes, format } = await openDataSet(
      folderOf({ 'images/a.png': await picture(6, 4), 'labels/a.png': await mask16(map) }),
    )
    expect(format).toBe('instance maps')
    expect([classes, images[0].classIndex]).toEqual([[], undefined])
    expect([...images[0].boxes]).toEqual([2, 0, 4, 2, 0, 0, 2, 3, 5, 2, 6, 3])
    const outlines = (await images[0].outlines())!
    const at = [3, 7, 900]
    outlines.forEach((ring, i) => {
      const mask = polygonMask(ring, { x: 0, y: 0, width: 6, height: 4 })
      expect([...mask]).toEqual(map.flat().map((v) => (v === at[i] ? 1 : 0)))
    })
    expect(await images[0].pixels()).toMatchObject({ width: 6, height: 4 })
  })

  test('each connected component of a binary mask is a nucleus; components that touch at a corner stay separate', async () => {
    const binary = [
      [255, 255, 0, 0],
      [0, 0, 255, 0],
      [0, 0, 255, 255],
    ]
    const folder = folderOf({ 'images_jpg/x.png': await picture(4, 3), 'masks/x.png': await mask8(binary) })
    expect([...(await openDataSet(folder)).images[0].boxes]).toEqual([0, 0, 2, 1, 2, 1, 4, 3])
  })

  test('each colour of a mask is one nucleus', async () => {
    const rgb = Buffer.from([255, 0, 0, 0, 0, 255, 0, 0, 0, 0, 255, 0])
    const coloured = await sharp(rgb, { raw: { width: 4, height: 1, channels: 3 } })
      .png()
      .toBuffer()
    const folder = folderOf({ 'images/x.png': await picture(4, 1), 'masks/x.png': coloured })
    expect([...(await openDataSet(folder)).images[0].boxes]).toEqual([0, 0, 1, 1, 1, 0, 2, 1, 3, 0, 4, 1])
  })

  test('a 32-bit map is refused, because reading it with 8 bits would merge instances', async () => {
    const entries = ([[256, 2], [257, 1], [258, 32], [259, 1], [262, 1], [277, 1], [278, 1]] as const) // prettier-ignore
      .map(([tag, value]) => ({ tag, type: 3 as const, values: [value] }))
    const mask = writeTiff([{ entries, blocks: [new Uint8Array(Uint32Array.of(1, 257).buffer)], isStripped: true }])
    const folder = folderOf({ 'images/x.png': await picture(2, 1), 'masks/x.tif': mask })
    await expect(openDataSet(folder)).rejects.toThrow(/must have 8 or 16 bits per pixel.*uint/)
  })

  test.each([
    ['a mask without a picture', { 'labels/b.png': [[1]] }, /without a picture: b/],
    ['a mask of another size', { 'labels/a.png': [[1, 1]] }, /6 × 4 pixels.*2 × 1/],
    ['a folder without masks', {}, /without masks: a/],
  ])('%s is refused with a clear message', async (_, masks, sentence) => {
    const files: Record<string, Buffer> = { 'images/a.png': await picture(6, 4) }
    if (!('labels/a.png' in masks) && 'labels/b.png' in masks) files['labels/a.png'] = await mask8(map)
    for (const [name, rows] of Object.entries(masks as Record<string, number[][]>)) files[name] = await mask8(rows)
    const folder = folderOf(files)
    mkdirSync(join(folder, 'labels'), { recursive: true })
    await expect(openDataSet(folder)).rejects.toThrow(sentence)
  })

  test.skipIf(!hasData('nuinsseg'))('NuInsSeg is read with all 21,034 components', async () => {
    const { images } = await openDataSet(dataFolder('nuinsseg'))
    expect(images.length).toBe(665)
    expect(images.reduce((n, { boxes }) => n + boxes.length / 4, 0)).toBe(21_034)
  })
  test.skipIf(!hasData('bbbc038'))('BBBC038 is read with all 4,541 nuclei', async () => {
    const { images } = await openDataSet(dataFolder('bbbc038'))
    expect(images.reduce((n, { boxes }) => n + boxes.length / 4, 0)).toBe(4541)
  })
})

describe('CoNSeP as distributed', () => {
  const types = [
    [4, 4, 1, 1, 0, 0],
    [4, 0, 1, 1, 0, 0],
    [4, 0, 0, 0, 0, 6],
    [0, 0, 0, 0, 0, 0],
  ]
  const variables = (stored: MatVariable['stored']): MatVariable[] => [
    { name: 'inst_map', dims: [4, 6], data: map.flat(), stored },
    { name: 'type_map', dims: [4, 6], data: types.flat(), stored },
    // In the order of the instance numbers 3, 7, 900.
    { name: 'inst_type', dims: [3, 1], data: [1, 4, 6], stored: 2 },
    { name: 'inst_centroid', dims: [3, 2], data: [2.5, 0.5, 0.5, 0.75, 5, 2] },
  ]
  const consep = async (mat: Buffer, name = 'a') =>
    folderOf({ 'Images/a.png': await picture(6, 4), [`Labels/${name}.mat`]: mat })

  test.each([
    ['compressed doubles', matFileBytes(variables(9))],
    ['plain int32', matFileBytes(variables(5), { compressed: false })],
    ['compressed uint16, big-endian', matFileBytes(variables(4), { bigEndian: true })],
    ['types by nucleus only', matFileBytes(variables(9).filter(({ name }) => name !== 'type_map'))],
  ])('labels with %s are read with boxes, merged classes and the scale', async (_, mat) => {
    const set = await openDataSet(await consep(mat))
    expect(set.format).toBe('CoNSeP')
    expect(set.classes).toEqual(['miscellaneous', 'inflammatory', 'epithelial', 'spindle-shaped'])
    expect(set.notes.map(inEnglish).join(' ')).toMatch(/dysplastic\/malignant epithelial → epithelial.*0\.25/)
    const [image] = set.images
    expect(image.mpp).toBe(0.25)
    expect([...image.boxes]).toEqual([2, 0, 4, 2, 0, 0, 2, 3, 5, 2, 6, 3])
    expect([...image.classIndex!]).toEqual([0, 2, 3])
    expect((await image.outlines())!.length).toBe(3)
  })

  test('the seven types are merged into four classes', async () => {
    const row = [1, 2, 3, 4, 5, 6, 7]
    const mat = matFileBytes([
      { name: 'inst_map', dims: [1, 7], data: row },
      { name: 'type_map', dims: [1, 7], data: row },
    ])
    const folder = folderOf({ 'Images/a.png': await picture(7, 1), 'Labels/a.mat': mat })
    expect([...(await openDataSet(folder)).images[0].classIndex!]).toEqual([0, 1, 2, 2, 3, 3, 3])
  })

  const sound = matFileBytes(variables(9))
  test.each([
    ['cut short', sound.subarray(0, sound.length - 40), /damaged or cut short/],
    ['of MATLAB 7.3', Buffer.from('MATLAB 7.3 MAT-file'.padEnd(200)), /7\.3.*save/],
    ['text', Buffer.from('Dear colleague'.padEnd(200)), /not a MATLAB 5 file/],
    ['empty', Buffer.alloc(0), /not a MATLAB 5 file/],
    ['without inst_map', matFileBytes(variables(9).slice(1)), /"inst_map".*holds: type_map/],
    [
      'with a type 9',
      matFileBytes([variables(9)[0], { ...variables(9)[1], data: types.flat().map((t) => t && 9) }]),
      /has 9/,
    ],
    [
      'with too few types',
      matFileBytes([variables(9)[0], { name: 'inst_type', dims: [2, 1], data: [1, 1] }]),
      /3 nuclei and 2 types/,
    ],
  ])('labels that are %s are refused with a clear message', async (_, mat, sentence) => {
    await expect(openDataSet(await consep(mat))).rejects.toThrow(sentence)
  })
  test('a picture without labels is refused, and the message names it', async () => {
    await expect(openDataSet(await consep(sound, 'b'))).rejects.toThrow(/without labels: a; without a picture: b/)
  })
  test('a file with one damaged length is read or refused with a clear message, wherever the length is', async () => {
    for (let at = 128; at < Math.min(sound.length, 200); at += 4) {
      const bytes = Buffer.from(sound)
      bytes.writeUInt32LE(0x7fffffff, at)
      const path = join(folderOf({ 'x.mat': bytes }), 'x.mat')
      await readMat(path).catch((error: Error) => expect(error.message).toMatch(/damaged or cut short/))
    }
  })
})

describe('a COCO folder', () => {
  const json = (annotations: object[]) =>
    JSON.stringify({
      categories: [
        { id: 4, name: 'b' },
        { id: 2, name: 'a' },
      ],
      images: [{ id: 1, file_name: 'x.png', width: 6, height: 4, mpp: 0.5 }],
      annotations,
    })
  const box = (bbox: number[], more: object = {}) => ({ image_id: 1, category_id: 2, bbox, ...more })

  test('polygons are read as outlines; boxes that are empty or outside the image are left out and counted', async () => {
    const set = await openDataSet(
      folderOf({
        'images/x.png': await picture(6, 4),
        'coco.json': json([
          box([0, 0, 2, 2], { segmentation: [[0, 0, 2, 0, 1, 2]] }),
          box([1, 1, 0, 2]),
          box([6, 0, 2, 2]),
          box([-3, 0, 2, 2]),
          { ...box([0, 0, 1, 1]), category_id: 9 },
        ]),
      }),
    )
    expect([...set.images[0].boxes]).toEqual([0, 0, 2, 2])
    expect([...set.images[0].classIndex!]).toEqual([1])
    expect((await set.images[0].outlines())![0]).toEqual([0, 0, 2, 0, 1, 2])
    expect(set.skipped).toEqual([
      { reason: 'boxNoArea', count: 1 },
      { reason: 'boxOutside', count: 2 },
      { reason: 'unknownCategory', count: 1 },
    ])
  })
  test('outlines are undefined if the file has boxes only', async () => {
    const set = await openDataSet(
      folderOf({ 'images/x.png': await picture(6, 4), 'coco.json': json([box([0, 0, 2, 2])]) }),
    )
    expect(set.images[0].outlines()).toBeUndefined()
  })
})

describe('COCO files of other tools', () => {
  const file = (fileName = 'x.png', annotations: object[] = [{ image_id: 1, category_id: 1, bbox: [0, 0, 2, 2] }]) =>
    JSON.stringify({
      info: {},
      images: [{ id: 1, file_name: fileName, width: 6, height: 4, mpp: 0.5 }],
      categories: [{ id: 1, name: 'a' }],
      annotations,
    })

  test.each([
    ['Roboflow’s file beside the pictures', '_annotations.coco.json', 'x.png', 'x.png'],
    ['CVAT’s file in annotations/', 'annotations/instances_default.json', 'images/x.png', 'x.png'],
    ['CVAT’s file for one part', 'annotations/instances_train.json', 'images/train/x.png', 'x.png'],
    ['Label Studio’s file with images/ in the names', 'result.json', 'images/x.png', 'images/x.png'],
    ['Label Studio’s file from Windows', 'result.json', 'images/x.png', 'images\\x.png'],
  ])('%s is read, and its pictures are found', async (_, json, where, fileName) => {
    const folder = folderOf({ [json]: file(fileName), [where]: await picture(6, 4) })
    for (const path of [folder, join(folder, json)]) {
      const set = await openDataSet(path)
      expect(set).toMatchObject({ format: 'COCO folder', classes: ['a'], notes: [] })
      expect(set.images).toMatchObject([{ name: 'x', path: join(folder, where) }])
      expect(await set.images[0].pixels()).toMatchObject({ width: 6, height: 4 })
    }
  })
  test('if a folder has two files, the message lists them so that one can be chosen', async () => {
    const files = { 'annotations/instances_a.json': file(), 'annotations/instances_b.json': file() }
    const folder = folderOf({ ...files, 'images/x.png': await picture(6, 4) })
    await expect(openDataSet(folder)).rejects.toThrow(/holds 2: annotations.instances_a\.json, .*--data/)
    expect((await openDataSet(join(folder, 'annotations/instances_b.json'))).images[0].boxes.length).toBe(4)
  })
  test('missing pictures are named in a note', async () => {
    const { notes, images } = await openDataSet(folderOf({ 'coco.json': file() }))
    expect(notes).toEqual([message('cocoPicturesMissing', { names: ['x.png'] })])
    expect(images[0].boxes.length).toBe(4)
  })

  test('faulty records are left out and counted by reason, and the rest is read', async () => {
    const square = [1, 1, 3, 1, 3, 3, 1, 3]
    const set = await openDataSet(
      folderOf({
        'a.png': await picture(6, 4),
        'b.png': await picture(6, 4),
        'x.json': JSON.stringify({
          images: [
            { id: '1', file_name: 'a.png', width: null, mpp: null },
            { id: 2, file_name: 'b.png', width: 6, height: 4, mpp: '0.25' },
            { id: 3 },
            { id: 4, file_name: 'gone.png' },
          ],
          categories: [{ id: '7', name: 'a' }, { id: 8 }],
          annotations: [
            { image_id: 1, category_id: 7, segmentation: [square] },
            { image_id: '1', category_id: '7', bbox: [0, 0, 2, 2], label: 'first' },
            { image_id: 2, category_id: 7, bbox: [0, 0, 2, 2], label: null },
            { image_id: 2, category_id: 7, bbox: [0, null, 2, 2], segmentation: { size: [4, 6], counts: [5, 2, 17] } },
            { image_id: 2, category_id: 7 },
            { image_id: 2, category_id: 7, bbox: [0, 0, 2, 2], iscrowd: 1 },
            { image_id: 2, category_id: 8, bbox: [0, 0, 2, 2] },
            { category_id: 7, bbox: [0, 0, 2, 2] },
            { image_id: 4, category_id: 7, bbox: [0, 0, 2, 2] },
            null,
          ],
        }),
      }),
    )
    const [a, b] = set.images
    expect([a.width, a.height, a.mpp, b.mpp]).toEqual([6, 4, null, 0.25])
    expect([...a.boxes]).toEqual([1, 1, 3, 3, 0, 0, 2, 2])
    expect([...b.boxes]).toEqual([0, 0, 2, 2, 1, 1, 2, 3])
    expect((await a.outlines())!.map((o) => [...Array.from(o)])).toEqual([square, [0, 0, 2, 0, 2, 2, 0, 2]])
    expect(set.skipped).toEqual([
      { reason: 'noBox', count: 1 },
      { reason: 'crowds', count: 1 },
      { reason: 'unknownCategory', count: 1 },
      { reason: 'noImage', count: 2 },
      { reason: 'noPicture', count: 1 },
    ])
    expect(set.notes).toEqual([
      message('cocoOddImages', { images: 1 }),
      message('cocoPicturesMissing', { names: ['gone.png'] }),
      message('cocoNoOutlines', { without: 2, nuclei: 4 }),
    ])
  })

  test('run lengths are read, plain or compressed, also beside polygons', async () => {
    // A nucleus in 6 × 4 px: rows 1 and 2 of column 1, all of column 2, and row 0 of column 3.
    const counts = [5, 2, 1, 5, 11]
    const packed = '5213:'
    const nuclei = [
      { image_id: 1, category_id: 1, segmentation: { size: [4, 6], counts } },
      { image_id: 1, category_id: 1, segmentation: { size: [4, 6], counts: packed } },
      { image_id: 1, category_id: 1, segmentation: [[4, 0, 6, 0, 6, 2]] },
      { image_id: 1, category_id: 1, bbox: [4, 0, 2, 2], segmentation: { size: [4, 6], counts: [5, 90] } },
    ]
    const folder = folderOf({ 'result.json': file('x.png', nuclei), 'images/x.png': await picture(6, 4) })
    const [image] = (await openDataSet(folder)).images
    expect([...image.boxes]).toEqual([1, 0, 4, 4, 1, 0, 4, 4, 4, 0, 6, 2, 4, 0, 6, 2])
    const [plain, text, polygon, none] = (await image.outlines())!
    const of = (ring: ArrayLike<number>) => [...polygonMask(ring, { x: 0, y: 0, width: 6, height: 4 })]
    const expected = [
      [0, 0, 1, 1, 0, 0],
      [0, 1, 1, 0, 0, 0],
      [0, 1, 1, 0, 0, 0],
      [0, 0, 1, 0, 0, 0],
    ]
    expect(of(plain)).toEqual(expected.flat())
    expect(of(text)).toEqual(expected.flat())
    expect(polygon).toEqual([4, 0, 6, 0, 6, 2])
    expect(none).toEqual([4, 0, 6, 0, 6, 2, 4, 2])
    // Text with a number of more than five bits and with a negative difference.
    const box = (counts: unknown) => boxOfRunLengths({ size: [4, 6], counts })
    expect(box('52a0')).toEqual(box([5, 2, 17]))
    expect(box('192J7')).toEqual(box([1, 9, 2, 3, 9]))
    expect(box([1, 9, 2, 3, 9])).toEqual([0, 0, 4, 4])
  })

  test('pictures of the same name in different folders keep the folder in their names', async () => {
    const names = ['a/1.png', 'b/1.png', 'b/2.png']
    const folder = folderOf({
      'coco.json': JSON.stringify({
        images: names.map((name, id) => ({ id, file_name: name, width: 6, height: 4, mpp: 0.5 })),
        categories: [{ id: 1, name: 'x' }],
        annotations: names.map((_, id) => ({ image_id: id, category_id: 1, bbox: [0, 0, 2, 2] })),
      }),
      ...Object.fromEntries(await Promise.all(names.map(async (n) => [`images/${n}`, await picture(6, 4)] as const))),
    })
    const set = await openDataSet(folder)
    expect(set.images.map(({ name }) => name)).toEqual(['a/1', 'b/1', '2'])
    const chosen = (tiles: string) => chooseTiles([set], tiles).chosen[0].images.map(({ name }) => name)
    expect(chosen('1')).toEqual(['a/1', 'b/1'])
    expect(chosen('!b/1')).toEqual(['a/1', '2'])
    expect(chosen('a')).toEqual(['a/1'])
    const found = folderOf({ 'a/1.json': '{}', 'b/1.json': '{}', 'b/2.json': '{}' })
    const files = await predictionFiles(found, set.images)
    expect([...files].sort()).toEqual([
      ['2', join(found, 'b/2.json')],
      ['a/1', join(found, 'a/1.json')],
      ['b/1', join(found, 'b/1.json')],
    ])
    await expect(predictionFiles(folderOf({ '1.json': '{}', '2.json': '{}' }), set.images)).rejects.toThrow(
      /a\/1, b\/1/,
    )
  })
})

describe('HoVer-Net JSON beside pictures', () => {
  const nucleus = (type: number, y0: number, x0: number, y1: number, x1: number) => ({
    bbox: [
      [y0, x0],
      [y1, x1],
    ],
    centroid: [(x0 + x1) / 2, (y0 + y1) / 2],
    contour: [
      [x0, y0],
      [x1, y0],
      [x1, y1],
    ],
    type,
    type_prob: 0.9,
  })
  const nuc = {
    1: nucleus(2, 0, 1, 3, 5),
    2: nucleus(1, 1, 0, 2, 2),
    3: nucleus(1, 3, 3, 3, 5),
    4: nucleus(1, 0, 9, 2, 12),
  }

  test('boxes are converted from row, column to x, y, and types are read by number or name', async () => {
    const files = {
      'images/x.png': await picture(6, 4),
      'json/x.json': JSON.stringify({ mag: 40, nuc }),
    }
    const plain = await openDataSet(folderOf(files))
    expect(plain.classes).toEqual(['1', '2'])
    expect([...plain.images[0].boxes]).toEqual([1, 0, 5, 3, 0, 1, 2, 2])
    expect([...plain.images[0].classIndex!]).toEqual([1, 0])
    expect(Array.from((await plain.images[0].outlines())![0])).toEqual([1, 0, 5, 0, 5, 3])
    expect(plain.skipped.map(({ count }) => count)).toEqual([1, 1])
    const info = JSON.stringify({ 1: ['neoplastic', [255, 0, 0]], 2: ['dead', [0, 0, 0]] })
    expect((await openDataSet(folderOf({ ...files, 'type_info.json': info }))).classes).toEqual(['neoplastic', 'dead'])
  })
  test('nuclei of type 0 have no class, whatever that type is called', async () => {
    const some = { 1: nucleus(0, 0, 1, 3, 5), 2: nucleus(1, 1, 0, 2, 2) }
    const set = await openDataSet(
      folderOf({
        'images/x.png': await picture(6, 4),
        'json/x.json': JSON.stringify({ mag: 40, nuc: some }),
        'type_info.json': JSON.stringify({ 0: ['nolabe', [0, 0, 0]], 1: ['neoplastic', [255, 0, 0]] }),
      }),
    )
    expect(set.classes).toEqual(['neoplastic'])
    expect([...set.images[0].classIndex!]).toEqual([-1, 0])
    expect(set.notes).toEqual([message('untyped', { nuclei: 1 })])
  })
})

describe('pictures without nuclei', () => {
  test('pictures in a folder are images without nuclei, in natural order', async () => {
    const files = { 'a_10.png': await picture(6, 4), 'a_9.png': await picture(5, 4), 'notes.txt': 'x' }
    const { images, format } = await openDataSet(folderOf(files))
    expect(format).toBe('pictures without nuclei')
    expect(images.map(({ name, width, boxes }) => [name, width, boxes.length])).toEqual([
      ['a_9', 5, 0],
      ['a_10', 6, 0],
    ])
  })
  test.skipIf(!hasData('slides'))('a single slide is a data set of one image with its scale', async () => {
    const { images } = await openDataSet(join(dataFolder('slides'), 'CMU-1-Small-Region.svs'))
    expect(images).toMatchObject([{ name: 'CMU-1-Small-Region', width: 2220, height: 2967, mpp: 0.499 }])
  })
  test('any other folder is refused, and the message lists the forms that can be read', async () => {
    await expect(openDataSet(folderOf({ 'a.txt': 'x' }))).rejects.toThrow(/must be one of: .*images\/ \+ coco\.json/)
  })
})

test('tiles can be chosen by name across several data sets', async () => {
  const setOf = async (...names: string[]) =>
    openDataSet(folderOf(Object.fromEntries(await Promise.all(names.map(async (n) => [`${n}.png`, await picture(2, 2)] as const))))) // prettier-ignore
  const sets = [await setOf('train_3', 'train_8'), await setOf('fold1_0', 'fold3_0'), await setOf('x')]
  const names = (some: readonly DataSet[]) => some.map(({ images }) => images.map(({ name }) => name))
  const without = chooseTiles(sets, '!fold3,8')
  expect(names(without.chosen)).toEqual([['train_3'], ['fold1_0'], ['x']])
  expect(names(without.left)).toEqual([['train_8'], ['fold3_0'], []])
  const only = chooseTiles(sets, 'fold3,8')
  expect(names(only.chosen)).toEqual(names(without.left))
  expect(names(only.left)).toEqual(names(without.chosen))
  expect(names(chooseTiles(sets, undefined).left)).toEqual([[], [], []])
  expect(() => chooseTiles(sets, '!fold3,9')).toThrow(/none named "9"/)
})

test('tiles can be chosen by whole names or by the part before or after the last underscore', async () => {
  const files = Object.fromEntries(
    await Promise.all(['fold1_1', 'fold1_11', 'fold2_1'].map(async (n) => [`${n}.png`, await picture(2, 2)] as const)),
  )
  const set = await openDataSet(folderOf(files))
  const chosen = (tiles: string) => chooseTiles([set], tiles).chosen[0].images.map(({ name }) => name)
  expect(chosen('fold1')).toEqual(['fold1_1', 'fold1_11'])
  expect(chosen('1')).toEqual(['fold1_1', 'fold2_1'])
  expect(chosen('!fold2_1')).toEqual(['fold1_1', 'fold1_11'])
  expect(() => chosen('3')).toThrow(/none named "3"/)
})
