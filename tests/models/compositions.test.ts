import { describe, expect, it } from 'vitest'
import { gradients } from '../../models/autodiff.ts'
import { Graph, type Value } from '../../models/graph/graph.ts'
import { viewAgreement } from '../../models/nucleusVit/pretraining.ts'
import { convolution, doubling } from '../../models/nn/convolution.ts'
import { linear } from '../../models/nn/linear.ts'
import { loraUpdate } from '../../models/nn/lora.ts'
import { imageNorm } from '../../models/nn/norm.ts'
import { quantise } from '../../models/nn/vectorQuantiser.ts'
import { samePadding } from '../../models/ops/convolution.ts'
import { add, clip, mul, silu } from '../../models/ops/elementwise.ts'
import { maxPool, upsample, upsampleBilinear } from '../../models/ops/pooling.ts'
import { sum } from '../../models/ops/reduce.ts'
import { concat } from '../../models/ops/shape.ts'
import { graphSession, type Numbers } from '../../electron/engine/runtime/session.ts'
import { checkGradients } from '../support/checkGradients.ts'

/** Runs a graph once; values by the names given. */
async function run(graph: Graph, outputs: Record<string, Value>, feeds: Record<string, Numbers>) {
  const session = await graphSession(graph, outputs, { threads: 1 })
  const results = await session.run(feeds)
  await session.release()
  return Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Array.from(data, Number)]))
}

/** Compares y and the gradients of Σ y² by all parameters between float32 and float64; returns the names compared. */
async function alikeInBoth(numbers: readonly number[], build: (graph: Graph) => Value): Promise<string[]> {
  const results = []
  for (const dtype of ['float32', 'float64'] as const) {
    const graph = new Graph(dtype)
    const y = build(graph)
    const grads = gradients(sum(mul(y, y)), graph.parameters)
    const outputs = Object.fromEntries([
      ['y', y],
      ...graph.parameters.map((v, i) => [`d ${v.name}`, grads[i]] as const),
    ])
    const feeds = Object.fromEntries(
      graph.parameters.map(({ name, shape }) => {
        const fed = numbers.slice(
          0,
          (shape as number[]).reduce((a, b) => a * b, 1),
        )
        return [name, dtype === 'float32' ? Float32Array.from(fed) : Float64Array.from(fed)]
      }),
    )
    results.push(await run(graph, outputs, feeds))
  }
  const [single, double] = results
  for (const name of Object.keys(double)) {
    const size = Math.max(...double[name].map(Math.abs))
    expect(size, name).toBeGreaterThan(1e-3)
    double[name].forEach((v, i) =>
      expect(Math.abs(single[name][i] - v) / size, `${name}[${i}] = ${v}`).toBeLessThan(1e-5),
    )
  }
  return Object.keys(double)
}

describe('LoRA', () => {
  it('has the gradients of central differences in weight, A and B', () =>
    checkGradients((g) => loraUpdate(g.parameter('x', [3, 4]), 'qkv', 5, { rank: 2, alpha: 8 })))

  it('adds (x·Aᵀ)·Bᵀ·α/r to the layer, under the layer’s name', async () => {
    const graph = new Graph()
    const x = graph.input('x', [1, 2])
    const y = add(linear(x, 'proj', 1), loraUpdate(x, 'proj', 1, { rank: 1, alpha: 3 }))
    expect(graph.parameters.map((v) => v.name)).toEqual(['proj.weight', 'proj.bias', 'proj.lora_a', 'proj.lora_b'])
    const feeds = {
      x: Float32Array.of(2, 5),
      'proj.weight': Float32Array.of(10, 1),
      'proj.bias': Float32Array.of(0.5),
      'proj.lora_a': Float32Array.of(1, 2),
      'proj.lora_b': Float32Array.of(7),
    }
    expect((await run(graph, { y }, feeds)).y).toEqual([25.5 + (2 + 10) * 7 * 3])
  })
})

describe('a small U-Net', () => {
  it('has the gradients of central differences in every parameter', () =>
    checkGradients(
      (g) => {
        const x = g.parameter('x', [1, 2, 4, 4])
        const fine = silu(imageNorm(convolution(x, 'down', 4, 3, { padding: 1 }), 'norm', 2))
        const coarse = silu(convolution(maxPool(fine), 'middle', 4, 3, { padding: 1 }))
        return convolution(concat([fine, upsample(coarse), doubling(coarse, 'up', 2)], 1), 'head', 3, 1)
      },
      { sample: 3 },
    ))
})

describe('images', () => {
  const numbers = Array.from({ length: 400 }, (_, i) => Math.sin(i * i))
  const image = (g: Graph, channels: number) =>
    g.constant('x', numbers.slice(0, 2 * channels * 5 * 6), [2, channels, 5, 6])

  it('are convolved the same in float32 and, by other nodes, in float64', async () => {
    const names = await alikeInBoth(numbers, (g) => {
      const layer = convolution(image(g, 3), 'c', 4, 3, { stride: 2, padding: 1 })
      return doubling(convolution(layer, 'd', 2, 2, { padding: 1, names: ['weight'] }), 'e', 1)
    })
    expect(names).toEqual(['y', 'd c.weight', 'd c.bias', 'd d.weight', 'd e.weight', 'd e.bias'])
  })
  it('are convolved in groups, clipped and doubled the same in float32 and, by other nodes, in float64', async () => {
    const names = await alikeInBoth(numbers, (g) => {
      const wide = convolution(image(g, 4), 'c', 6, 3, { padding: [0, 1, 2, 1], groups: 2 })
      const depthwise = { stride: 2, padding: samePadding([5, 6], 3, 2), groups: 6 }
      const narrow = convolution(clip(wide, -0.5, 1), 'd', 6, 3, depthwise)
      return upsampleBilinear(convolution(narrow, 'e', 6, 5, { padding: [2, 1, 3, 2], groups: 6 }))
    })
    expect(names.length).toBe(7)
  })
  it('are doubled by bilinear samples at pixel centres, with the border repeated', async () => {
    const graph = new Graph()
    const values = Float32Array.of(1, 2, 4, 8, 16, 32)
    const y = upsampleBilinear(graph.constant('x', values, [1, 1, 2, 3]))
    const { y: doubled } = await run(graph, { y }, {})
    const at = (row: number, column: number) =>
      values[3 * Math.min(Math.max(row, 0), 1) + Math.min(Math.max(column, 0), 2)]
    const between = (a: number, b: number, t: number) => a + t * (b - a)
    for (let i = 0; i < 4; i++)
      for (let j = 0; j < 6; j++) {
        const [row, column] = [(i + 0.5) / 2 - 0.5, (j + 0.5) / 2 - 0.5]
        const [top, left] = [Math.floor(row), Math.floor(column)]
        const line = (r: number) => between(at(r, left), at(r, left + 1), column - left)
        expect(doubled[6 * i + j], `pixel ${i}, ${j}`).toBeCloseTo(between(line(top), line(top + 1), row - top), 5)
      }
  })
  it('of odd sides are padded as in TensorFlow’s “same”, with more after than before', () => {
    expect(samePadding([448, 448], 3, 2)).toEqual([0, 0, 1, 1])
    expect(samePadding([112, 113], 5, 2)).toEqual([1, 2, 2, 2])
    expect(samePadding([56, 56], 5, 1)).toEqual([2, 2, 2, 2])
  })

  it('route the gradient of max pooling to the first of equal pixels', async () => {
    const graph = new Graph()
    const x = graph.parameter('x', [1, 1, 2, 4])
    const [dx] = gradients(sum(maxPool(x)), [x])
    const { dx: gradient } = await run(graph, { dx }, { x: Float32Array.of(3, 3, 0, 5, 3, 1, 5, 5) })
    expect(gradient).toEqual([1, 0, 0, 1, 0, 0, 0, 0])
  })

  it('may be batched in any number', async () => {
    const graph = new Graph()
    const x = graph.input('x', ['B', 1, 2, 2])
    const y = upsample(maxPool(imageNorm(convolution(x, 'c', 1, 1), 'n', 1)))
    const [dw] = gradients(sum(y), graph.parameters)
    const feeds = {
      x: Float32Array.of(0, 1, 2, 3, 3, 2, 1, 0, 0, 0, 0, 9),
      'c.weight': Float32Array.of(1),
      'c.bias': Float32Array.of(0),
      'n.weight': Float32Array.of(1),
      'n.bias': Float32Array.of(0),
    }
    const results = await run(graph, { y, dw }, feeds)
    expect(results.y.length).toBe(12)
    expect(results.y[0]).toBeCloseTo(1.5 / Math.sqrt(1.25), 4)
    expect(results.y[8]).toBeCloseTo(Math.sqrt(3), 4)
  })
})

describe('the vector quantiser', () => {
  const build = () => {
    const graph = new Graph()
    const codebook = graph.parameter('codebook', [3, 2])
    const z = graph.parameter('z', [2, 2])
    const feeds = { z: Float32Array.of(0.9, 0.2, -1, 4), codebook: Float32Array.of(0, 0, 1, 0, 0, 5) }
    return { graph, codebook, z, feeds, ...quantise(z, codebook) }
  }
  it('assigns each row its nearest code', async () => {
    const { graph, rows, codes, codebookLoss, feeds } = build()
    const results = await run(graph, { rows, codes, codebookLoss }, feeds)
    expect(results.codes).toEqual([1, 2])
    expect(results.rows).toEqual([1, 0, 0, 5])
    expect(results.codebookLoss[0]).toBeCloseTo(0.05, 6)
    expect(results.codebookLoss[1]).toBeCloseTo(2, 6)
  })
  it('passes the gradient straight through to the rows, and none of it to the codes', async () => {
    const { graph, rows, z, codebook, feeds } = build()
    const weights = graph.constant('weights', [1, 2, 3, 4], [2, 2])
    const [dz, dCodes] = gradients(sum(mul(rows, weights)), [z, codebook])
    const results = await run(graph, { dz, dCodes }, feeds)
    expect(results.dz).toEqual([1, 2, 3, 4])
    expect(results.dCodes).toEqual([0, 0, 0, 0, 0, 0])
  })
  it('trains codes by the codebook loss only and rows by the commitment loss only', async () => {
    const { graph, codebookLoss, commitmentLoss, z, codebook, feeds } = build()
    const [za, ca] = gradients(sum(codebookLoss), [z, codebook])
    const [zb, cb] = gradients(sum(commitmentLoss), [z, codebook])
    const results = await run(graph, { za, ca, zb, cb }, feeds)
    expect(results.za).toEqual([0, 0, 0, 0])
    expect(results.cb).toEqual([0, 0, 0, 0, 0, 0])
    const close = (found: number[], wanted: number[]) =>
      wanted.forEach((v, i) => expect(found[i], `entry ${i}`).toBeCloseTo(v, 5))
    close(results.ca, [0, 0, 0.2, -0.4, 2, 2])
    close(results.zb, [-0.2, 0.4, -2, -2])
  })
})

describe('agreement of two views', () => {
  const agreement = async (views: number[], other: number[], dtype: 'float32' | 'float64' = 'float32') => {
    const graph = new Graph(dtype)
    const x = graph.parameter('x', ['N', 2])
    const loss = viewAgreement(x)
    const [gradient] = gradients(loss, [x])
    const numbers = (v: number[]) => (dtype === 'float32' ? Float32Array.from(v) : Float64Array.from(v))
    const feeds = { x: numbers(views), other_view: numbers(other), view_share: numbers([1]) }
    const count = views.length / 2
    const weights = numbers(new Array<number>(count).fill(1 / Math.max(1, count)))
    return run(graph, { loss, gradient }, { ...feeds, view_weights: weights })
  }
  const apart = [1, 1, 1, -1, -1, 1, -1, -1] // deviations of 1, no covariance

  it('is perfect if nuclei are alike in both views, and differ from each other in independent ways', async () => {
    const { loss, gradient } = await agreement(apart, apart)
    expect(loss[0]).toBeCloseTo(0, 4)
    gradient.forEach((g) => expect(g).toBeCloseTo(0, 4))
  })

  it('is worse if the views differ, if all nuclei are alike, or if two numbers always move together', async () => {
    const moved = apart.map((v, i) => (i === 0 ? v + 2 : v))
    expect((await agreement(apart, moved)).loss[0]).toBeCloseTo(2 ** 2 / 8, 3)
    const alike = new Array<number>(8).fill(3)
    expect((await agreement(alike, alike)).loss[0]).toBeCloseTo(0.99, 3) // deviation √1e-4 instead of 1
    const repeated = [1, 1, 1, 1, -1, -1, -1, -1]
    expect((await agreement(repeated, repeated)).loss[0]).toBeCloseTo(0.04, 3)
  })

  it('has the gradient of central differences, and none where there is no nucleus', async () => {
    const views = [0.3, -0.2, 0.5, 0.1, -0.4, 0.9]
    const other = [0.1, 0.2, -0.3, 0.4, 0.2, 0.1]
    const { gradient } = await agreement(views, other, 'float64')
    for (const k of views.keys()) {
      const at = async (h: number) =>
        (await agreement(views.map((v, i) => (i === k ? v + h : v)), other, 'float64')).loss[0] // prettier-ignore
      expect(gradient[k]).toBeCloseTo(((await at(1e-5)) - (await at(-1e-5))) / 2e-5, 6)
    }
    expect((await agreement([], [])).gradient).toEqual([])
  })
})
