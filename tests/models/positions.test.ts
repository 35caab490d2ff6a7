import { describe, expect, it } from 'vitest'
import { graphSession } from '../../electron/engine/runtime/session.ts'
import { weightFeeds } from '../../electron/engine/encode/encoder.ts'
import { Graph } from '../../models/graph/graph.ts'
import { layoutOf } from '../../models/nn/parameters.ts'
import { random } from '../../models/nn/random.ts'
import { gridOf, presets, type NucleusVitConfig } from '../../models/nucleusVit/config.ts'
import { cropEncoder } from '../../models/nucleusVit/crop.ts'
import { initialise } from '../../models/nucleusVit/initialise.ts'
import { nucleusVit, nucleusVitInputs } from '../../models/nucleusVit/network.ts'
import { positionTables } from '../../models/nucleusVit/positions.ts'

const config: NucleusVitConfig = { ...presets.tiny, imageSize: 224, positions: 'geometric' }
const grid = gridOf(config)
const { width } = config

const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, v, k) => sum + v * b[k], 0)

describe('geometric positions', () => {
  const { patches, nuclei } = positionTables(config)
  const patch = (row: number, column: number) =>
    patches.subarray((row * grid + column) * width, (row * grid + column + 1) * width)

  it('are more similar the nearer two patches are, vertically as horizontally', () => {
    const from = patch(3, 4)
    for (const way of [(d: number) => patch(3 + d, 4), (d: number) => patch(3, 4 + d)]) {
      const [here, next, near, far] = [0, 1, 2, 6].map((d) => product(from, way(d)))
      expect(here).toBeGreaterThan(next)
      expect(next).toBeGreaterThan(near)
      expect(near).toBeGreaterThan(far)
    }
  })

  it('give a nucleus as large as a patch the position of the patch under it', () => {
    const [x, y] = [4 * 16, 3 * 16]
    const own = nuclei(Float32Array.of(x + 0.5, y + 0.5, x + 15.5, y + 15.5))
    const difference = Math.max(...own.map((v, k) => Math.abs(v - patch(3, 4)[k])))
    expect(difference).toBeLessThan(0.06)
  })

  it('differ between nuclei of different size', () => {
    const [small, large] = [10, 40].map((side) => nuclei(Float32Array.of(100, 100, 100 + side, 100 + side)))
    expect(Math.hypot(...small.subarray(width / 2).map((v, k) => v - large[width / 2 + k]))).toBeGreaterThan(1)
  })
})

describe('a network that begins with geometric positions', () => {
  const masked = { row: 7, column: 7 }

  /** Attention that a masked patch pays to patches at most two away, in the first block, averaged over heads. */
  async function attentionNearby(form: NucleusVitConfig): Promise<number> {
    const graph = new Graph()
    const inputs = nucleusVitInputs(graph, form)
    const { attentions } = nucleusVit(form, inputs, { mask: graph.input('mask', [1, grid * grid, 1]) })
    const layout = layoutOf(graph.parameters)
    const session = await graphSession(graph, { attention: attentions[0] })
    const rng = random(5)
    const rgb = Uint8Array.from({ length: form.imageSize ** 2 * 3 }, () => 150 + rng.below(80))
    const at = masked.row * grid + masked.column
    const { attention } = await session.run({
      ...weightFeeds(layout, initialise(layout, rng, form), session.parameters),
      ...cropEncoder(form).encode(rgb, Float32Array.of(50, 50, 70, 70)),
      mask: Float32Array.from({ length: grid * grid }, (_, patch) => Number(patch === at)),
    })
    const [, heads, tokens] = attention.dims
    const values = attention.data as Float32Array
    let near = 0
    for (let head = 0; head < heads; head++)
      for (let y = masked.row - 2; y <= masked.row + 2; y++)
        for (let x = masked.column - 2; x <= masked.column + 2; x++)
          near += values[(head * tokens + 1 + at) * tokens + 1 + y * grid + x] / heads
    return near
  }

  it('attends near a masked patch, where one with the published positions attends everywhere alike', async () => {
    expect(await attentionNearby({ ...config, positions: 'published' })).toBeLessThan(0.15) // 25 of 198 tokens
    expect(await attentionNearby(config)).toBeGreaterThan(0.4)
  })
})
