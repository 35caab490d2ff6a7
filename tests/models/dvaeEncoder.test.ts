import { describe, expect, it } from 'vitest'
import { Graph } from '../../models/graph/graph.ts'
import { layoutOf } from '../../models/nn/parameters.ts'
import { dvaeConfigOf } from '../../models/tokenizer/dvaeConfig.ts'
import { dvaeEncoder, visualTokens } from '../../models/tokenizer/dvaeEncoder.ts'
import { flatten, weightFeeds } from '../../electron/engine/encode/encoder.ts'
import { graphSession } from '../../electron/engine/runtime/session.ts'
import { readSafetensors } from '../../electron/formats/weights/safetensors.ts'
import { readTorchModule } from '../../electron/formats/torch/index.ts'
import { dataFolder, hasData } from '../support/data.ts'

describe.skipIf(!hasData('parity'))('the imported dVAE encoder', () => {
  const file = dataFolder('parity/dvae_encoder.pkl')

  it('gives the logits and visual tokens of the original', async () => {
    const stored = await readTorchModule(file)
    const expected = await readSafetensors(dataFolder('parity/dvae_expected.safetensors'))
    const found = dvaeConfigOf(stored)
    expect(found).toEqual({ config: { hidden: 64, blocksPerGroup: 1, vocabulary: 512 } })
    if ('problem' in found) return

    const graph = new Graph()
    const logits = dvaeEncoder(found.config, graph.input('image', ['B', 3, 64, 64]))
    const layout = layoutOf(graph.parameters)
    expect(layout.slots.map((slot) => slot.name).sort()).toEqual([...stored.keys()].sort())
    const weights = weightFeeds(layout, flatten(layout, stored, file), graph.parameters)
    const session = await graphSession(graph, { logits, codes: visualTokens(logits) })
    const image = expected.get('image_rgb01')!.data as Float32Array
    const results = await session.run({ ...weights, image })

    const wanted = expected.get('logits')!
    expect(results.logits.dims).toEqual(wanted.shape)
    const worst = Math.max(...Array.from(wanted.data, (v, i) => Math.abs(v - Number(results.logits.data[i]))))
    expect(worst).toBeLessThan(1e-4)
    expect(Array.from(results.codes.data, Number)).toEqual([...expected.get('codes')!.data])
    await session.release()
  })
})

describe('a dVAE encoder', () => {
  it('is recognised by its tensors, whatever its size', () => {
    const graph = new Graph()
    const config = { hidden: 12, blocksPerGroup: 3, vocabulary: 40 }
    dvaeEncoder(config, graph.input('image', [1, 3, 16, 16]))
    expect(dvaeConfigOf(new Map(layoutOf(graph.parameters).slots.map((slot) => [slot.name, slot])))).toEqual({ config })
  })

  it('is refused where tensors are missing or have another shape, which are named', () => {
    const problem = (tensors: Record<string, number[]>) =>
      dvaeConfigOf(new Map(Object.entries(tensors).map(([name, shape]) => [name, { shape }])))
    const good = { 'blocks.input.w': [8, 3, 7, 7], 'blocks.output.conv.w': [9, 64, 1, 1] }
    expect(problem({})).toEqual({ problem: { kind: 'missing', name: 'blocks.input.w' } })
    expect(problem({ ...good, 'blocks.input.w': [8, 3, 3, 3] })).toMatchObject({
      problem: { name: 'blocks.input.w', found: [8, 3, 3, 3] },
    })
    expect(problem({ ...good, 'blocks.output.conv.w': [9, 32, 1, 1] })).toMatchObject({
      problem: { name: 'blocks.output.conv.w', found: [9, 32, 1, 1] },
    })
    expect(problem(good)).toMatchObject({ problem: { name: expect.stringContaining('block_1.res_path.conv_1.w') } })
  })
})
