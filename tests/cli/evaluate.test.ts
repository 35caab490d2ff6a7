import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { karyon, temporaryFolder } from '../support/cli.ts'
import { writePanNukeFold } from '../support/panNukeFold.ts'
import { writeSmallModel } from '../support/smallModel.ts'

const folder = temporaryFolder()
const data = join(folder, 'data')
const hoverNet = join(folder, 'hovernet')
const cellVit = join(folder, 'cellvit')

/** Returns a nucleus of 20 px around (x, y) as HoVer-Net writes it. */
const nucleus = (x: number, y: number, type: number) => ({
  bbox: [
    [y - 10, x - 10],
    [y + 10, x + 10],
  ],
  centroid: [x, y],
  contour: [
    [x - 10, y - 10],
    [x + 10, y - 10],
    [x + 10, y + 10],
    [x - 10, y + 10],
  ],
  type,
  type_prob: 0.9,
})

/**
 * Two images at .25 µm/px (radius 12 px). Each has true nuclei of 20 px at x = 50, 150, 250, 350, of the classes
 * purple, purple, red, red.
 */
beforeAll(async () => {
  mkdirSync(join(data, 'images'), { recursive: true })
  for (const sub of [hoverNet, cellVit]) mkdirSync(sub)
  const xs = [50, 150, 250, 350]
  for (const name of ['x_1', 'x_10'])
    await sharp({ create: { width: 400, height: 100, channels: 3, background: '#e0c8d8' } })
      .png()
      .toFile(join(data, 'images', `${name}.png`))
  writeFileSync(
    join(data, 'coco.json'),
    JSON.stringify({
      categories: [
        { id: 1, name: 'purple' },
        { id: 2, name: 'red' },
      ],
      images: [1, 10].map((id) => ({ id, file_name: `x_${id}.png`, width: 400, height: 100, mpp: 0.25 })),
      annotations: [1, 10].flatMap((image_id) =>
        xs.map((x, i) => ({ image_id, category_id: i < 2 ? 1 : 2, bbox: [x - 10, 40, 20, 20] })),
      ),
    }),
  )
  const write = (name: string, nuclei: object[]) =>
    writeFileSync(
      join(hoverNet, name),
      JSON.stringify({ mag: 40, nuc: Object.fromEntries(nuclei.map((n, i) => [i + 1, n])) }),
    )
  // x_1: a purple nucleus is right (5 px off) and one is classified as red. A red one is missed, because its detection
  // is 13 px off, which makes that a spurious red one. The other red one has no class.
  write('x_1.json', [nucleus(55, 50, 1), nucleus(150, 50, 2), nucleus(263, 50, 2), nucleus(350, 50, 0)])
  // x_10: all four are right.
  write('x_10.json', [nucleus(50, 50, 1), nucleus(150, 50, 1), nucleus(250, 50, 2), nucleus(350, 50, 2)])
  // CellViT's detections are points, one feature per class. It finds all nuclei and classifies all as purple.
  for (const name of ['x_1', 'x_10'])
    writeFileSync(
      join(cellVit, `${name}_cell_detection.geojson`),
      JSON.stringify([
        {
          type: 'Feature',
          geometry: { type: 'MultiPoint', coordinates: xs.map((x) => [x, 50]) },
          properties: { objectType: 'annotation', classification: { name: 'Purple', color: [1, 2, 3] } },
        },
      ]),
    )
})

const map = ['--map', '1=purple,2=red,0=']
async function evaluate(args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await karyon(['evaluate', '--data', data, '--json', ...args])
  expect(stderr).not.toMatch(/karyon:/)
  expect(code).toBe(0)
  return JSON.parse(stdout) as Record<string, unknown>
}

describe('karyon evaluate on HoVer-Net files', () => {
  it('metric B is as computed by hand', async () => {
    const b = await evaluate(['--metric', 'B', '--predictions', hoverNet, ...map])
    // Matched in x_1: purple→purple, purple→red, red→none. In x_10 all four are right. So 5 of 7 are right.
    expect(b).toMatchObject({ metric: 'B', images: 2, nuclei: 7, accuracy: 5 / 7 })
    expect(b.classes).toMatchObject([
      { name: 'purple', f1: 6 / 7, jaccard: 3 / 4, support: 4 }, // TP 3, FP 0, FN 1
      { name: 'red', f1: 4 / 6, jaccard: 2 / 4, support: 3 }, // TP 2, FP 1, FN 1
    ])
  })
  it('metric C is as computed by hand', async () => {
    const c = await evaluate(['--metric', 'C', '--predictions', hoverNet, ...map])
    expect(c).toMatchObject({ metric: 'C', detection: { precision: 7 / 8, recall: 7 / 8, f1: 14 / 16 } })
    expect(c.classes).toMatchObject([
      { name: 'purple', f1: 6 / 8 }, // 2·3 / (2·3 + 0 + 2·1 + 0 + 0)
      { name: 'red', f1: 4 / 10, spurious: 1, missed: 1 }, // 2·2 / (2·2 + 2·1 + 2·1 + 1 + 1)
    ])
  })
  it('two systems are compared by their paired difference and its interval', async () => {
    const r = await evaluate(['--metric', 'B', '--predictions', hoverNet, '--predictions', cellVit, ...map])
    expect(r.systems).toMatchObject([
      { system: 'hovernet', accuracy: 5 / 7 },
      { system: 'cellvit', accuracy: 4 / 8 },
    ])
    const [difference] = r.differences as { of: string; values: Record<string, number>; intervals: object }[]
    expect(difference.of).toBe('hovernet − cellvit')
    expect(difference.values.accuracy).toBeCloseTo(5 / 7 - 4 / 8)
    // x_1 alone: 1/3 − 1/2; x_10 alone: 1 − 1/2.
    const accuracy = (difference.intervals as { accuracy: { low: number; high: number } }).accuracy
    expect(accuracy.low).toBeCloseTo(1 / 3 - 1 / 2)
    expect(accuracy.high).toBeCloseTo(1 / 2)
  })
  it('the class map may be a JSON file, and predictions for one image may be a single file', async () => {
    const json = JSON.stringify({ 0: '', 1: ['purple', [0, 0, 0]], 2: 'red' })
    const one = ['--tiles', 'x_10', '--predictions', join(hoverNet, 'x_10.json'), '--map', json]
    expect(await evaluate(['--metric', 'B', ...one])).toMatchObject({ accuracy: 1, images: 1 })
  })
  it('our model can be scored on the nuclei that another system detected', async () => {
    const model = await writeSmallModel(join(folder, 'model'))
    const both = ['--model', model, '--predictions', hoverNet, '--nuclei', 'predictions', ...map]
    const r = await evaluate(['--metric', 'B', ...both])
    expect((r.systems as { nuclei: number }[]).map(({ nuclei }) => nuclei)).toEqual([7, 7])
  })
  it('an image in which the other system detected no nuclei is accepted', async () => {
    const sparse = join(folder, 'sparse')
    mkdirSync(sparse)
    writeFileSync(join(sparse, 'x_1.json'), '{"mag": 40, "nuc": {}}')
    copyFileSync(join(hoverNet, 'x_10.json'), join(sparse, 'x_10.json'))
    const model = await writeSmallModel(join(folder, 'sparse-model'))
    const both = ['--model', model, '--predictions', sparse, '--nuclei', 'predictions', ...map]
    const r = await evaluate(['--metric', 'B', ...both])
    expect((r.systems as { nuclei: number }[]).map(({ nuclei }) => nuclei)).toEqual([4, 4])
  })
})

describe('karyon evaluate on data with other class names', () => {
  it('a class "no nucleus" that the model lacks is ignored, and so is upper case in class names', async () => {
    const other = join(folder, 'other')
    cpSync(data, other, { recursive: true })
    const json = JSON.parse(readFileSync(join(data, 'coco.json'), 'utf8')) as object
    const names = ['cells', 'Purple', 'crimson']
    writeFileSync(
      join(other, 'coco.json'),
      JSON.stringify({ ...json, categories: names.map((name, id) => ({ id, name })) }),
    )
    const model = await writeSmallModel(join(folder, 'other-model'))
    const args = ['evaluate', '--data', other, '--model', model]
    expect((await karyon(args)).stderr).toMatch(/"crimson".*--data-map "crimson=purple"/)
    const { code, stdout } = await karyon([...args, '--data-map', 'crimson=red', '--json'])
    expect(code).toBe(0)
    const { classes } = JSON.parse(stdout) as { classes: { name: string; support: number }[] }
    expect(classes.map(({ name, support }) => [name, support])).toEqual([
      ['Purple', 4],
      ['red', 4],
    ])
  })
})

describe('karyon models calibrate', () => {
  it('writes a calibration and a threshold that evaluate then uses, and leaves the weights', async () => {
    const model = await writeSmallModel(join(folder, 'to-calibrate'))
    const output = join(folder, 'calibrated')
    const before = JSON.parse(readFileSync(join(model, 'model.json'), 'utf8')) as { weightsHash: string }
    const { code, stdout } = await karyon([
      'models',
      'calibrate',
      '--model',
      model,
      '--data',
      data,
      '-o',
      output,
      '--json',
    ])
    expect(code).toBe(0)
    const { calibration } = JSON.parse(stdout) as { calibration: { bias: number[]; uncertainBelow: number } }
    expect(calibration).toMatchObject({ nuclei: 8, images: 2 })
    expect(calibration.bias).toHaveLength(2)
    const written = JSON.parse(readFileSync(join(output, 'model.json'), 'utf8')) as object
    expect(written).toMatchObject({ id: 'calibrated', weightsHash: before.weightsHash, calibration })
    expect(before).not.toHaveProperty('calibration')
    expect(readFileSync(join(output, 'README.md'), 'utf8')).toMatch(/Calibration: fitted on 8 nuclei of 2 held-out/)
    const scored = await evaluate(['--model', output])
    expect(scored.abstention).toMatchObject({ uncertain: { below: calibration.uncertainBelow } })
    expect((await evaluate(['--model', model])).abstention).not.toHaveProperty('uncertain')
  })
  it('refuses one image, because each is scored with the calibration of the others', async () => {
    const model = await writeSmallModel(join(folder, 'one-image'))
    const { code, stderr } = await karyon(['models', 'calibrate', '--model', model, '--data', data, '--tiles', 'x_1'])
    expect(stderr).toMatch(/at least 2 images.*got 1/)
    expect(code).toBe(1)
  })
})

describe('karyon evaluate refuses with a clear message', () => {
  const refuses = async (args: string[], sentence: RegExp) => {
    const { code, stdout, stderr } = await karyon(['evaluate', '--data', data, ...args])
    expect(stderr).toMatch(sentence)
    expect(stderr).not.toMatch(/\n\s+at /)
    expect([code, stdout]).toEqual([1, ''])
  }
  it('predictions under metric A', () => refuses(['--predictions', hoverNet], /Metric A.*--metric B or C/))
  it('classes that the data does not have', () =>
    refuses(['--metric', 'B', '--predictions', hoverNet], /"1", "2", "0"|--map "1=purple"/))
  it('a malformed class map', () =>
    refuses(['--metric', 'B', '--predictions', hoverNet, '--map', 'purple'], /name=name pairs/))
  it('images without a predictions file', () =>
    refuses(['--metric', 'B', '--predictions', join(hoverNet, 'x_1.json'), ...map], /1 of 2 have none: x_10/))
  it('a missing folder', () =>
    refuses(['--metric', 'B', '--predictions', join(folder, 'none')], /no such file or folder/))
  it('files without predictions', () => {
    const text = join(folder, 'text')
    mkdirSync(text)
    for (const name of ['x_1', 'x_10']) writeFileSync(join(text, `${name}.json`), '{"nuc": {"1": {')
    return refuses(['--metric', 'C', '--predictions', text], /not valid JSON/)
  })
})

describe('PanNuke', () => {
  it('a model is trained on fold 1 and scored on fold 3, and the table of the paper is printed', async () => {
    const root = join(folder, 'pannuke')
    for (const fold of [1, 3]) writePanNukeFold(root, { pictures: 2, fold })
    const model = join(folder, 'trained')
    const train = ['finetune', '--data', join(root, 'Fold 1'), '--preset', 'tiny', '--epochs', '1', '-o', model]
    const trained = await karyon([...train, '--json'])
    expect(trained.stderr).toContain("by PanNuke's description")
    expect(JSON.parse(trained.stdout)).toMatchObject({ labelled: 20 })
    const scored = await karyon(['evaluate', '--data', join(root, 'Fold 3'), '--model', model])
    expect(scored.stdout).toMatch(/All +neoplastic +inflammatory +connective +dead +epithelial/)
    expect(scored.stdout).toMatch(/HoVer-Net +F1 +\.780 +\.856 +\.714 +\.719 +\.399 +\.765/)
    expect(scored.stdout).toMatch(/another question than metric A/)
    expect(scored.code).toBe(0)
  })
})
