import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LabelledSlide, Nuclei } from '../../../electron/contract/index.ts'
import { connectEngine } from '../../../electron/launch/engineClient.ts'
import { temporaryFolder } from '../../support/cli.ts'
import { writeColourSlide } from '../../support/colourSlide.ts'
import { says } from '../../support/messages.ts'
import { writeTrainedSmallModel } from '../../support/smallModel.ts'

/** The real engine on a small network that tells purple from red. */
const engine = connectEngine()
const folder = temporaryFolder()
const mpp = 0.5
let slide: string
let nuclei: Nuclei
let truth: Uint16Array
let model: string

beforeAll(async () => {
  ;({ slide, nuclei, truth } = await writeColourSlide(folder))
  model = await writeTrainedSmallModel(join(folder, 'taught'))
})
afterAll(() => engine.close())

describe('a nucleus with and without its surroundings', () => {
  const of = (nucleus: number, on = slide) => engine.call('surroundings', { model, slide: on, mpp, nuclei, nucleus })

  it('has with them the probabilities that classification gives it', async () => {
    const classified = new Map<number, Float32Array>()
    await engine.call(
      'classify',
      { model, slide, mpp, nuclei },
      {
        onProgress: ({ index, probabilities }) =>
          index.forEach((i, k) => classified.set(i, probabilities.slice(2 * k, 2 * k + 2))),
      },
    )
    for (const nucleus of [0, 7, nuclei.count - 1]) {
      const { classes, together, alone } = await of(nucleus)
      expect(classes).toEqual(['purple', 'red'])
      expect(together[0]).toBeCloseTo(classified.get(nucleus)![0], 4)
      expect(alone[0] + alone[1]).toBeCloseTo(1, 5)
    }
  })
  it('has without them probabilities that do not depend on anything further away than two patches', async () => {
    const nucleus = 14
    const [x0, y0, x1, y1] = nuclei.box.subarray(4 * nucleus, 4 * nucleus + 4)
    const [x, y] = nuclei.origin
    const { data, info } = await sharp(slide).raw().toBuffer({ resolveWithObject: true })
    // Patches have 16 px. The box is read from those that it touches, and between their centres and the next.
    const far = (u: number, v: number) => u < x0 + x - 33 || u >= x1 + x + 33 || v < y0 + y - 33 || v >= y1 + y + 33
    for (let v = 0; v < info.height; v++)
      for (let u = 0; u < info.width; u++) if (far(u, v)) data.set([20, 160, 60], 3 * (v * info.width + u))
    const other = join(folder, 'elsewhere.png')
    await sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
      .png()
      .toFile(other)
    const [here, there] = [await of(nucleus), await of(nucleus, other)]
    expect(there.alone).toEqual(here.alone)
    expect(there.together).not.toEqual(here.together)
  })
  it('is refused for a nucleus that is not there', () =>
    expect(of(nuclei.count)).rejects.toMatchObject({ failure: { kind: 'not-found', message: says('no nucleus') } }))
})

describe('the labelled nuclei most like one', () => {
  const tokens = () => join(folder, 'tokens')
  const source = () => ({ slide, mpp, nuclei, tokens: tokens() })
  const labelled = (index: number[]): LabelledSlide => ({
    ...source(),
    index: Uint32Array.from(index),
    label: Uint16Array.from(index, (i) => truth[i]),
  })
  const of = (nucleus: number, given: LabelledSlide[], most = 4) =>
    engine.call('nearestLabelled', { model, slide: source(), nucleus, labelled: given, most })

  it('need tokens, and say so', () =>
    expect(of(0, [labelled([1, 2])])).rejects.toMatchObject({
      failure: { kind: 'empty', message: says('Classify the slide first') },
    }))
  it('have its colour, come with the most similar first, and are never the nucleus itself', async () => {
    await engine.call('classify', { model, ...source() })
    const all = Array.from({ length: nuclei.count }, (_, i) => i)
    for (const nucleus of [0, 9, 20]) {
      const { index, likeness, of: compared, without } = await of(nucleus, [labelled(all)])
      expect([...index]).not.toContain(nucleus)
      expect([...index].map((i) => truth[i])).toEqual(Array(4).fill(truth[nucleus]))
      expect([...likeness]).toEqual([...likeness].sort((a, b) => b - a))
      expect([compared, without]).toEqual([nuclei.count - 1, 0])
    }
  })
  it('leave out slides without tokens, and say how many labels those have', async () => {
    const elsewhere = { ...labelled([1, 2, 3]), slide: join(folder, 'other.png'), tokens: join(folder, 'none') }
    const { index, slide: from, of: compared, without } = await of(5, [elsewhere, labelled([6, 7])])
    expect([compared, without]).toEqual([2, 3])
    expect([...index].sort()).toEqual([6, 7])
    expect([...from]).toEqual([1, 1])
  })
})
