import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { labelledSlides } from '../../electron/cli/data/dataSlides.ts'
import { boxesOfDots } from '../../electron/cli/data/dotBoxes.ts'
import { openRecipe } from '../../electron/cli/data/recipe.ts'
import type { DataSet } from '../../electron/formats/dataSets/index.ts'
import type { Engine } from '../../electron/launch/engineClient.ts'
import { nucleiFromOutlines } from '../../models/nuclei/nuclei.ts'
import { karyon, temporaryFolder } from '../support/cli.ts'
import { dataFolder, hasData } from '../support/data.ts'
import { writeSmallModel } from '../support/smallModel.ts'

const folder = temporaryFolder()
const data = join(folder, 'boxes')

/** One image of three nuclei: two epithelial, one odd. */
beforeAll(async () => {
  mkdirSync(join(data, 'images'), { recursive: true })
  await sharp({ create: { width: 120, height: 120, channels: 3, background: '#e0c8d8' } })
    .png()
    .toFile(join(data, 'images', 'x.png'))
  writeFileSync(
    join(data, 'coco.json'),
    JSON.stringify({
      categories: [
        { id: 1, name: 'epithelial' },
        { id: 2, name: 'odd' },
      ],
      images: [{ id: 1, file_name: 'x.png', width: 120, height: 120, mpp: 0.5 }],
      annotations: [10, 40, 70].map((x, i) => ({ image_id: 1, category_id: i < 2 ? 1 : 2, bbox: [x, 40, 20, 20] })),
    }),
  )
})

let recipes = 0
function write(recipe: unknown): string {
  const file = join(folder, `recipe-${recipes++}.json`)
  writeFileSync(file, typeof recipe === 'string' ? recipe : JSON.stringify(recipe))
  return file
}
const source = { data: 'boxes', share: 1, classes: { odd: 'miscellaneous' } }
const sound = { classes: ['epithelial', 'miscellaneous'], sources: [source] }

const refused = (recipe: unknown, sentence: RegExp) =>
  expect(openRecipe(write(recipe), folder)).rejects.toThrow(sentence)

describe('a recipe for a classifier', () => {
  it('gives the nuclei of a data set its own classes, and says which of them the data set tells apart', async () => {
    const other = { data: 'boxes', share: 2, classes: { epithelial: 'inflammatory', odd: '-', dead: 'miscellaneous' } }
    const classes = ['miscellaneous', 'Epithelial', 'inflammatory']
    const { sources } = await openRecipe(write({ classes, sources: [source, other] }), folder)
    const labels = sources.map(({ set }) => [...labelledSlides(set, classes)[0].label])
    expect(labels).toEqual([
      [1, 1, 0],
      [2, 2], // the odd one is context without a label
    ])
    expect(sources[0].known).toEqual(['miscellaneous', 'Epithelial'])
    // No nucleus is dead in this picture, but whoever marked it would have said so.
    expect(sources[1].known).toEqual(['miscellaneous', 'inflammatory'])
  })

  it('is refused where a class of the data means none of its classes', () =>
    refused({ ...sound, sources: [{ data: 'boxes', share: 1 }] }, /"odd" does not/))
  it('is refused where a meaning is none of its classes', () =>
    refused({ ...sound, sources: [{ ...source, classes: { odd: 'miscelaneous' } }] }, /"miscelaneous" is neither/))
  it('is refused where no source has a nucleus of one of its classes', () =>
    refused({ ...sound, classes: [...sound.classes, 'stromal'] }, /"stromal" has none/))
  it.each([0, -1, '1'])('is refused with a share of %j', (share) =>
    refused({ ...sound, sources: [{ ...source, share }] }, /sources\.0\.share/),
  )
  it('is refused with a member that it does not know', () =>
    refused({ ...sound, sources: [{ ...source, weight: 2 }] }, /weight/))
  it('is refused where it is no JSON or is not there', async () => {
    await refused('{', /must be JSON/)
    await expect(openRecipe(join(folder, 'nowhere.json'), folder)).rejects.toThrow(/nowhere\.json/)
  })
  it('is refused where a data set or a tile is not there', async () => {
    await refused({ ...sound, sources: [{ ...source, data: 'nowhere' }] }, /nowhere/)
    await refused({ ...sound, sources: [{ ...source, tiles: 'y' }] }, /"y"/)
  })

  it('cannot be given together with --data, nor without --root', async () => {
    const recipe = ['finetune', '--recipe', write(sound), '-o', join(folder, 'none')]
    expect(await karyon([...recipe, '--data', data])).toMatchObject({ code: 2 })
    expect(await karyon(recipe)).toMatchObject({ code: 1, stderr: expect.stringMatching(/--root/) as string })
    const nothing = await karyon(['finetune', '-o', join(folder, 'none')])
    expect(nothing).toMatchObject({ code: 1, stderr: expect.stringMatching(/--data, or --recipe/) as string })
  })
})

const square = (x: number, y: number) => [x - 5, y - 5, x + 5, y - 5, x + 5, y + 5, x - 5, y + 5]

/** A data set of one picture with dots, at .5 µm/px. */
const dotted = (dots: readonly (readonly [number, number, number])[]): DataSet => ({
  path: 'dotted',
  format: 'dots',
  classes: ['a', 'b'],
  images: [
    {
      ...{ name: 'x', path: 'x.png', width: 100, height: 100, mpp: 0.5, boxes: new Float32Array(0) },
      centres: Float64Array.from(dots.flatMap(([x, y]) => [x, y])),
      classIndex: Int16Array.from(dots, ([, , c]) => c),
      outlines: () => undefined,
      pixels: () => Promise.reject(new Error('not read')),
    },
  ],
  skipped: [],
  notes: [],
})

/** An engine that finds squares of 10 px around these points, region by region. */
const finding = (regions: readonly (readonly (readonly [number, number])[])[]) =>
  ({
    call: (_: string, __: unknown, { onProgress }: { onProgress: (found: unknown) => void }) => {
      for (const points of regions)
        onProgress({
          done: 1,
          of: 1,
          nuclei: nucleiFromOutlines(
            points.map(([x, y]) => square(x, y)),
            'detected',
          ),
        })
      return Promise.resolve({})
    },
  }) as unknown as Engine

describe('dots of a data set', () => {
  const detector = { folder: 'none', title: 'Test detector' }
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true)

  it('get the boxes of the nuclei found near them; other nuclei found stay as context without a class', async () => {
    // The first dot has two candidates and takes the nearer; the second is 8 px (4 µm) off; the third 9 px.
    const set = dotted([
      [20, 20, 1],
      [50, 58, 0],
      [80, 89, 0],
    ])
    const found = [
      [[80, 80] as const, [26, 20] as const],
      [[50, 50] as const, [21, 20] as const],
    ]
    const boxed = await boxesOfDots(finding(found), set, detector, 4)
    expect(boxed.match).toEqual({ detector: 'Test detector', radius: 4, dots: 3, matched: 2, unlabelled: 2 })
    const [image] = boxed.set.images
    expect(image.centres).toBeUndefined()
    // In rows, whichever region was searched first.
    expect([...image.boxes]).toEqual([16, 15, 26, 25, 21, 15, 31, 25, 45, 45, 55, 55, 75, 75, 85, 85])
    expect([...image.classIndex!]).toEqual([1, -1, 0, -1])
    const [slide] = labelledSlides(boxed.set, ['b', 'a'])
    expect(slide.nuclei.count).toBe(4) // all are tokens
    expect([[...slide.index], [...slide.label]]).toEqual([
      [0, 2],
      [0, 1],
    ])
    const text = said.mock.calls.map(([line]) => line).join('')
    expect(text).toMatch(/2 of 3 dots lie within 4 µm .* 1 are left out\. 2 nuclei found without a dot/)
  })

  it('must be near a nucleus somewhere', async () => {
    const lost = boxesOfDots(finding([[[80, 80]]]), dotted([[10, 10, 0]]), detector, 4)
    await expect(lost).rejects.toThrow(/none of the 1 dots of dotted/)
  })
})

const recipesOfKaryon = fileURLToPath(new URL('../../resources/classifiers', import.meta.url))
const dataSets = ['consep/train', 'brca-m2c', 'puma']
describe.skipIf(!dataSets.every((name) => hasData(name)))('the recipes that come with Karyon', () => {
  const files = readdirSync(recipesOfKaryon).filter((name) => name.endsWith('.json'))
  it.each(files)(
    '%s gives every class of its data sets a meaning, and each of its own classes a nucleus',
    async (name) => {
      const { classes, sources } = await openRecipe(join(recipesOfKaryon, name), dataFolder(''))
      expect(sources.every(({ known }) => known.length > 0)).toBe(true)
      expect(new Set(classes).size).toBe(classes.length)
    },
  )
})

describe.skipIf(!hasData('brca-m2c'))('fine-tuning by a recipe on pictures with dots', () => {
  const tile = 'train/TCGA-A7-A0D9-01Z-00-DX2_18001_13001'
  it('gives the same weights for the same seed, and a card with the matched dots', async () => {
    const model = await writeSmallModel(join(folder, 'small'), [])
    const dots = {
      ...{ data: dataFolder('brca-m2c'), tiles: tile, share: 2 },
      classes: { lymphocyte: '-', stromal: '-' },
    }
    const recipe = write({ ...sound, sources: [source, dots] })
    const train = async (out: string, ...more: string[]) => {
      const base = ['finetune', '--recipe', recipe, '--root', folder, '--model', model, '--epochs', '1', '--json']
      const { code, stdout, stderr } = await karyon([...base, ...more, '-o', join(folder, out)])
      expect(code, stderr).toBe(0)
      return { ...(JSON.parse(stdout) as Trained), stderr }
    }
    const [a, b] = [await train('first'), await train('second')]
    expect(a.weightsHash).toBe(b.weightsHash)
    const [, { dots: match, missing, labelled }] = a.sources
    expect(missing).toEqual(['miscellaneous'])
    expect(match!.matched).toBeGreaterThan(0.4 * match!.dots)
    expect(labelled).toBeLessThanOrEqual(match!.matched)
    expect(a.stderr).toMatch(/does not tell miscellaneous apart/)
    const card = readFileSync(join(folder, 'first', 'README.md'), 'utf8')
    expect(card).toContain(`matched ${match!.matched.toLocaleString('en')}`)
    expect(card).not.toContain(folder)
    const few = await train('few', '--labels', '12')
    expect(few.sources.reduce((sum, one) => sum + one.labelled, 0)).toBe(12)
  }, 120_000)

  it('is scored on the dots that have a nucleus, and says so, and which classes the data does not have', async () => {
    const evaluate = async (...more: string[]) => {
      const base = ['evaluate', '--data', dataFolder('brca-m2c'), '--tiles', tile, '--model', join(folder, 'first')]
      const map = ['--data-map', 'lymphocyte=-,stromal=-', '--no-baseline', ...more]
      const { code, stdout, stderr } = await karyon([...base, ...map])
      expect(code, stderr).toBe(0)
      return stdout
    }
    const given = JSON.parse(await evaluate('--json')) as Scored
    expect(given).toMatchObject({ metric: 'A', classesNotInData: ['miscellaneous'], dots: { radius: 4 } })
    expect(given.classes.map(({ name }) => name)).toEqual(['epithelial'])
    expect(given.nuclei).toBeLessThanOrEqual(given.dots.matched)
    const table = await evaluate('--metric', 'C', '--radius', '7.5')
    expect(table).toMatch(/centroids within 7\.5 µm/)
    expect(table).toMatch(/does not have: miscellaneous/)
  }, 120_000)
})

interface Scored {
  readonly nuclei: number
  readonly dots: { readonly matched: number }
  readonly classes: readonly { readonly name: string }[]
}
interface Trained {
  readonly weightsHash: string
  readonly sources: readonly {
    readonly missing: readonly string[]
    readonly labelled: number
    readonly dots?: { readonly dots: number; readonly matched: number }
  }[]
}
