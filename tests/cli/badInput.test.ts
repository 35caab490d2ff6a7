import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { dataFolder, hasData } from '../support/data.ts'
import { karyon, temporaryFolder } from '../support/cli.ts'

/** Expects exit code 1, a message that matches `sentence`, no stack trace, and nothing on stdout. */
async function refuses(args: string[], sentence: RegExp, options: { asNobody?: boolean } = {}): Promise<void> {
  const { code, stdout, stderr } = await karyon(args, options)
  const messages = stderr.split('\n').filter((line) => line.startsWith('karyon: '))
  expect(stderr).not.toMatch(/\n\s+at |Error:/)
  expect(messages.at(-1) ?? stderr).toMatch(sentence)
  expect(code).toBe(1)
  expect(stdout).toBe('')
}

const folder = temporaryFolder()
const file = (name: string, content: string | Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}
const out = join(folder, 'out.geojson')
let picture: string
let scaled: string

beforeAll(async () => {
  const pixels = { create: { width: 64, height: 48, channels: 3 as const, background: '#e0c8d8' } }
  picture = file('no-scale.png', await sharp(pixels).png().toBuffer())
  scaled = picture
})

describe('a slide that cannot be used is refused with a clear message', () => {
  it('a missing slide', () => refuses(['classify', join(folder, 'none.svs'), '-o', out], /no such file/))
  it('an empty file', () => refuses(['info', file('empty.svs', '')], /empty/))
  it('a text file named .tif', () =>
    refuses(['info', file('notes.tif', 'Dear colleague, the slide is attached.\n'.repeat(20))], /not a slide/))
  it('a folder', () => refuses(['info', folder], /folder/))
  it('a picture without µm/px', () => refuses(['classify', picture, '-o', out], /--mpp/))
  it.skipIf(!hasData('slides'))('a broken slide', () =>
    refuses(['info', join(dataFolder('slides'), 'broken.svs')], /not a slide|slide/),
  )
  it.skipIf(!hasData('slides'))('a slide that is cut short at 60 %', async () => {
    const whole = readFileSync(join(dataFolder('slides'), 'CMU-1-Small-Region.svs'))
    await refuses(['classify', file('cut.svs', whole.subarray(0, whole.length * 0.6)), '-o', out], /cut short/)
  })
})

describe('nuclei that cannot be used are refused with a clear message', () => {
  const collection = (features: unknown[]) => JSON.stringify({ type: 'FeatureCollection', features })
  it('an empty GeoJSON', () =>
    refuses(
      ['classify', scaled, '--mpp', '0.5', '--nuclei', file('empty.geojson', collection([])), '-o', out],
      /no nuclei|empty|holds no/i,
    ))
  it('nuclei outside the slide', () => {
    const ring = [
      [900, 900],
      [910, 900],
      [910, 910],
      [900, 910],
      [900, 900],
    ]
    const outside = collection([
      { type: 'Feature', geometry: { type: 'Polygon', coordinates: [ring] }, properties: {} },
    ])
    return refuses(
      ['classify', scaled, '--mpp', '0.5', '--nuclei', file('outside.geojson', outside), '-o', out],
      /outside|another slide/,
    )
  })
  it('no output is written', () => expect(existsSync(out)).toBe(false))
})

describe('training data that cannot be used is refused with a clear message', () => {
  const data = join(folder, 'data')
  beforeAll(() => mkdirSync(join(data, 'images'), { recursive: true }))
  const model = join(folder, 'model')
  it('a data folder without labels', () =>
    refuses(['finetune', '--data', data, '--preset', 'tiny', '-o', model], /coco\.json/))
  it('a missing data folder', () => refuses(['evaluate', '--data', join(folder, 'nowhere')], /no such file or folder/))
  it('labels that are not JSON', async () => {
    writeFileSync(join(data, 'coco.json'), '{"images": [')
    await refuses(['finetune', '--data', data, '--preset', 'tiny', '-o', model], /must be JSON|not valid JSON/)
  })
  it('a file that labels no nuclei', async () => {
    writeFileSync(
      join(data, 'coco.json'),
      JSON.stringify({
        categories: [{ id: 1, name: 'a' }],
        images: [{ id: 1, file_name: 'a.png', width: 9, height: 9 }],
        annotations: [],
      }),
    )
    await refuses(['finetune', '--data', data, '--preset', 'tiny', '-o', model], /labels no nucleus/)
  })
  it('a missing model', () => refuses(['evaluate', '--data', data, '--model', 'nobody'], /model must be a folder/))
  it('no model is written', () => expect(existsSync(model)).toBe(false))
})

describe('a tokenizer that cannot be trained or read is refused with a clear message', () => {
  const data = join(folder, 'pictures')
  beforeAll(async () => {
    mkdirSync(data)
    const pixels = { create: { width: 64, height: 64, channels: 3 as const, background: '#e0c8d8' } }
    await sharp(pixels).png().toFile(join(data, 'a.png'))
  })
  const fresh = join(folder, 'tokenizer')
  const train = (...more: string[]) => ['tokenizer', 'train', '--data', data, '-o', fresh, ...more]
  const show = (tokenizer: string) => ['tokenizer', 'show', tokenizer, '--data', data, '-o', join(folder, 'shown')]
  it('a missing tokenizer', () => refuses(show('nobody'), /tokenizer must be a folder.*he-64of512/))
  it('a folder without a tokenizer', () => refuses(show(folder), /tokenizer\.json|tokenizer description/))
  it('a text file', () => refuses(show(file('notes.pkl', 'Dear colleague')), /notes\.pkl/))
  it('a vocabulary of one code', () => refuses(train('--vocabulary', '1'), /at least 2 .* got 1/))
  it('training without steps', () => refuses(train('--steps', '0'), /at least one step/))
  it('resuming without a checkpoint', () => refuses(train('--resume'), /checkpoint.*missing/))
  it('no tokenizer is written', () => expect(existsSync(fresh)).toBe(false))
})

describe('attention, probes and maps that cannot be made are refused with a clear message', () => {
  const nucleus = JSON.stringify({
    type: 'Feature',
    geometry: {
      type: 'Polygon',
      coordinates: [
        [
          [30, 20],
          [38, 20],
          [38, 28],
          [30, 28],
          [30, 20],
        ],
      ],
    },
    properties: {},
  })
  const nuclei = () => file('one.geojson', nucleus)
  const picture1 = join(folder, 'attention.png')
  const look = (...args: string[]) => ['attention', scaled, '--mpp', '0.5', '-o', picture1, ...args]
  it('attention at a point outside the slide', () =>
    refuses(look('--at', '500,20', '--nuclei', nuclei()), /64 × 48 pixels; got 500,20/))
  it('attention at a point far from any nucleus', () =>
    refuses(
      look(
        '--at',
        '1,46',
        '--nuclei',
        file('far.geojson', nucleus.replaceAll('30,', '60,').replaceAll('38,', '62,').replaceAll('28]', '24]')),
      ),
      /No nucleus lies within 20 µm/,
    ))
  it('attention of a head that the model does not have', () =>
    refuses(look('--at', '33,22', '--nuclei', nuclei(), '--head', '9'), /has 3 heads, 0 to 2; got --head 9/))
  it('attention of a model with an unknown preset', () =>
    refuses(look('--at', '33,22', '--model', 'preset:huge'), /preset must be one of/))
  it('a map of a slide without nuclei', () =>
    refuses(['embed', scaled, '--mpp', '0.5', '-o', join(folder, 'map.csv')], /There are no nuclei on/))
  it('a probe that scores every image and has none to train on', () => {
    const images = [{ id: 1, file_name: 'a.png', width: 9, height: 9, mpp: 0.25 }]
    const annotations = [{ image_id: 1, category_id: 1, bbox: [1, 1, 4, 4] }]
    const data = join(folder, 'probe-data')
    mkdirSync(data)
    writeFileSync(join(data, 'coco.json'), JSON.stringify({ categories: [{ id: 1, name: 'a' }], images, annotations }))
    return refuses(['probe', '--data', data, '--tiles', 'a'], /learns on the images that --tiles leaves|none|no image/)
  })
  it('no picture is written', () => expect(existsSync(picture1)).toBe(false))
})

describe('an output folder without write permission', () => {
  it('is refused with a clear message', async () => {
    const locked = join(folder, 'locked')
    mkdirSync(locked)
    chmodSync(locked, 0o555)
    await refuses(['demo', '-o', join(locked, 'demo')], /denied|read-only|rights/i, { asNobody: true })
  })
})

describe('wrong usage', () => {
  for (const args of [
    ['classify'],
    ['no-such-verb'],
    ['finetune', '--data', 'x', '-o', 'y', '--epochs', 'many'],
    ['classify', 'x', '-o', 'y', '--mpp', '-1'],
    ['attention', 'x', '-o', 'y.png', '--at', 'here'],
    ['embed', 'x', '-o', 'y.txt'],
    ['embed', 'x', '-o', 'y.csv', '--landmarks', '1'],
    ['probe', '--data', 'x', '--tiles', '1', '--model', 'a', 'b', 'c'],
  ])
    it(`exits with 2: karyon ${args.join(' ')}`, async () => expect((await karyon(args)).code).toBe(2))
})
