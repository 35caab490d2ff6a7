import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unwrap, type Nuclei } from '../../../electron/contract/index.ts'
import { demoMpp, makeDemo } from '../../../electron/demo/index.ts'
import { readAnnotations } from '../../../electron/formats/index.ts'
import { readModelFolder } from '../../../electron/formats/weights/modelFolder.ts'
import { connectEngine } from '../../../electron/launch/engineClient.ts'
import { findModel } from '../../../electron/launch/models.ts'
import { temporaryFolder } from '../../support/cli.ts'
import { isLong } from '../../support/long.ts'

/** The built-in model and a drawn slide: what a reader's first ten clicks do. */
const engine = connectEngine()
const folder = temporaryFolder()
const size = { width: 1280, height: 1280 }
let slide: string
let nuclei: Nuclei
let model: string
let classes: string[]
let truth: Uint16Array
let before: Uint16Array

beforeAll(async () => {
  const demo = await makeDemo(folder, size)
  slide = demo.slide
  const { classified } = unwrap(await readAnnotations(demo.truth, size))
  nuclei = classified.nuclei
  model = await findModel()
  classes = (await readModelFolder(model)).json.classes
  truth = Uint16Array.from(classified.classIndex, (c) => classes.indexOf(classified.classes[c].name))
  before = await predicted(model)
})
afterAll(() => engine.close())

async function predicted(model: string): Promise<Uint16Array> {
  const classIndex = new Uint16Array(nuclei.count)
  await engine.call(
    'classify',
    { slide, mpp: demoMpp, nuclei, model, tokens: join(folder, 'tokens') },
    {
      onProgress: ({ index, probabilities }) =>
        index.forEach((nucleus, k) => {
          const row = probabilities.subarray(k * classes.length, (k + 1) * classes.length)
          classIndex[nucleus] = row.indexOf(Math.max(...row))
        }),
    },
  )
  return classIndex
}

describe('ten corrections to one class', () => {
  // classifyAndFinetune.test.ts has the other methods at work on a small network.
  for (const method of isLong ? (['head', 'lora', 'full'] as const) : (['head'] as const))
    it(`are learned without spoiling the other classes (${method})`, async () => {
      // Ten nuclei of the class that the model gets wrong most often, corrected to what they are.
      const wrong = classes.map((_, c) => [...truth.keys()].filter((i) => truth[i] === c && before[i] !== c))
      const corrected = wrong.map((list) => list.length).indexOf(Math.max(...wrong.map((list) => list.length)))
      const index = Uint32Array.from(wrong[corrected].slice(0, 10))
      expect(index.length).toBe(10)
      const out = join(folder, `corrected-${method}`)
      const label = new Uint16Array(10).fill(corrected)
      await engine.call('finetune', {
        model,
        out,
        classes,
        slides: [{ slide, mpp: demoMpp, nuclei, index, label, tokens: join(folder, 'tokens') }],
        method,
        seed: 1,
      })
      const after = await predicted(out)
      expect([...index].filter((i) => after[i] === corrected).length).toBeGreaterThanOrEqual(3)
      const right = (predicted: Uint16Array, c: number) =>
        [...truth.keys()].filter((i) => truth[i] === c && predicted[i] === c).length
      // Of a class with fewer right calls, half is within chance.
      const others = [...classes.keys()].filter((c) => c !== corrected && right(before, c) >= 20)
      expect(others.length).toBeGreaterThanOrEqual(2)
      for (const c of others) expect(right(after, c), classes[c]).toBeGreaterThan(right(before, c) / 2)
    })
})
