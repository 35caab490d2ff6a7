import { describe, expect, it } from 'vitest'
import { int8Encoder } from '../../../electron/engine/encode/int8Encoder.ts'
import { encoderOf } from '../../../electron/engine/encode/encoder.ts'
import { random } from '../../../models/nn/random.ts'
import { cropEncoder } from '../../../models/nucleusVit/crop.ts'
import { initialise } from '../../../models/nucleusVit/initialise.ts'
import { smallConfig as config } from '../../support/colourNuclei.ts'
import { classifierLayout } from '../../../models/nucleusVit/layout.ts'

process.env.KARYON_PROVIDER = 'cpu'
const layout = classifierLayout(config, 2)
const network = { config, mpp: 0.5, classes: ['a', 'b'], layout, values: initialise(layout, random(1), config) }
const rng = random(2)
const rgb = Uint8Array.from({ length: 3 * config.imageSize ** 2 }, () => rng.below(256))
const feeds = cropEncoder(config).encode(rgb, [2, 3, 20, 24, 30, 30, 60, 50])
const empty = cropEncoder(config).encode(rgb, [])

describe('8-bit encoding', () => {
  it('is used where it agrees with full precision on the first crop, which keeps its full precision', async () => {
    const encoder = await int8Encoder(network, 'int8', encoderOf)
    const exact = await (await encoderOf(network)).run(feeds)
    expect((await encoder.run(feeds)).tokens).toEqual(exact.tokens)
    expect(encoder).toMatchObject({ precision: 'int8', note: undefined })
    expect((await encoder.run(feeds)).tokens).not.toEqual(exact.tokens)
  })
  it('is abandoned with a sentence where it does not agree', async () => {
    const encoder = await int8Encoder(network, 'int8', async (n, precision) => {
      const made = await encoderOf(n)
      if (precision !== 'int8') return made
      return {
        ...made,
        run: async (f) => ({ ...(await made.run(f)), tokens: (await made.run(f)).tokens.map((v, i) => v + (i % 3)) }),
      }
    })
    const exact = await (await encoderOf(network)).run(feeds)
    for (let i = 0; i < 2; i++) expect((await encoder.run(feeds)).tokens).toEqual(exact.tokens)
    expect(encoder.precision).toBe('float32')
    expect(encoder).toMatchObject({ note: { key: 'int8Disagrees' } })
  })
  it('is judged on the first crop that has nuclei', async () => {
    const encoder = await int8Encoder(network, 'int8', encoderOf)
    expect((await encoder.run(empty)).tokens.length).toBe(0)
    expect(encoder.precision).toBe('float32')
    await encoder.run(feeds)
    expect(encoder.precision).toBe('int8')
  })
})
