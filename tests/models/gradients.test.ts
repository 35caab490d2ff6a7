import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { gradients } from '../../models/autodiff.ts'
import type { Graph, Value } from '../../models/graph/graph.ts'
import type { Emitter } from '../../models/graph/onnx.ts'
import { attention } from '../../models/ops/attention.ts'
import { conv2d, convTranspose2d, type Conv2dOptions } from '../../models/ops/convolution.ts'
import * as e from '../../models/ops/elementwise.ts'
import { groupNorm } from '../../models/ops/groupNorm.ts'
import { indexCrossEntropy } from '../../models/ops/indexCrossEntropy.ts'
import { gemm, matMul } from '../../models/ops/linear.ts'
import { opTable } from '../../models/ops/op.ts'
import { avgPool, maxPool, upsample, upsampleBilinear } from '../../models/ops/pooling.ts'
import * as r from '../../models/ops/reduce.ts'
import { greater, select, straightThrough } from '../../models/ops/select.ts'
import * as s from '../../models/ops/shape.ts'
import { sparseMatMul } from '../../models/ops/sparse.ts'
import { roiSamples, withTranspose } from '../../models/stem/roiSamples.ts'
import type { Numbers } from '../../electron/engine/runtime/session.ts'
import { checkGradients, type GradientCheck } from '../support/checkGradients.ts'

const p = (g: Graph, name: string, ...shape: number[]): Value => g.parameter(name, shape)
const away: GradientCheck = { range: [0.4, 2] } // for ops with a pole or kink at 0
const few: GradientCheck = { sample: 6 } // for networks whose every entry would take seconds
const index = { fixed: { index: BigInt64Array.of(2n, 0n, 2n) } }

/** RoIAlign of two boxes of which the second lies at a corner, over 6×6 cells. */
const samples = withTranspose(roiSamples([3, 5, 30, 21, 0, 38, 11, 48], 6, 1 / 8, 3), 36)
function matrix(g: Graph, name: '' | 'back_') {
  const { backWeight } = samples
  const shape = name ? [36, backWeight.length / 36] : [18, 16]
  return { index: g.input(`${name}index`, shape, 'int64'), weight: g.input(`${name}weight`, shape) }
}
function sparseFeeds(): Record<string, Numbers> {
  const { index, weight, backIndex, backWeight } = samples
  const double = (numbers: Float32Array) => Float64Array.from(numbers)
  return { index, weight: double(weight), back_index: backIndex, back_weight: double(backWeight) }
}

/** Op name → networks that exercise it. The last test fails if an op of the table is missing here. */
const checks: Record<string, [build: (g: Graph) => Value, options?: GradientCheck][]> = {
  add: [[(g) => e.add(p(g, 'a', 2, 3), p(g, 'b', 3))], [(g) => e.add(p(g, 'a', 2, 1), p(g, 'b', 1, 3))]],
  sub: [[(g) => e.sub(p(g, 'a', 2, 3), p(g, 'b', 2, 1))]],
  mul: [[(g) => e.mul(p(g, 'a', 2, 3), p(g, 'b', 3))]],
  div: [[(g) => e.div(p(g, 'a', 2, 3), p(g, 'b', 3)), away]],
  neg: [[(g) => e.neg(p(g, 'a', 4))]],
  exp: [[(g) => e.exp(p(g, 'a', 4))]],
  log: [[(g) => e.log(p(g, 'a', 4)), away]],
  sqrt: [[(g) => e.sqrt(p(g, 'a', 4)), away]],
  square: [[(g) => e.square(p(g, 'a', 4))]],
  sigmoid: [[(g) => e.sigmoid(p(g, 'a', 4))]],
  softplus: [
    [(g) => e.softplus(p(g, 'a', 9)), { range: [-40, 40] }],
    [(g) => e.softplus(p(g, 'a', 9)), { range: [-3, 3] }],
  ],
  silu: [[(g) => e.silu(p(g, 'a', 9)), { range: [-4, 4] }]],
  tanh: [[(g) => e.tanh(p(g, 'a', 4))]],
  relu: [
    [(g) => e.relu(e.sub(p(g, 'a', 3, 2), g.scalar(0.2))), away],
    [(g) => e.relu(e.neg(p(g, 'a', 3))), away],
  ],
  clip: [
    [(g) => e.clip(e.mul(p(g, 'a', 4, 3), g.scalar(3)), 0, 6), { range: [0.4, 1.6] }],
    [(g) => e.clip(e.mul(p(g, 'a', 4, 3), g.scalar(5)), 0, 6), { range: [1.3, 3] }],
    [(g) => e.clip(e.neg(p(g, 'a', 5)), -1, 0.5), { range: [-0.4, 0.9] }],
    [(g) => e.clip(e.neg(p(g, 'a', 5)), -1, 0.5), { range: [1.1, 2] }],
  ],
  abs: [
    [(g) => e.abs(p(g, 'a', 3)), away],
    [(g) => e.abs(e.neg(p(g, 'a', 3))), away],
  ],
  gelu: [[(g) => e.gelu(p(g, 'a', 9)), { range: [-3, 3] }]],
  reshape: [[(g) => s.reshape(p(g, 'a', 2, 6), [3, 4])]],
  transpose: [[(g) => s.transpose(p(g, 'a', 2, 3, 4), [2, 0, 1])]],
  concat: [[(g) => s.concat([p(g, 'a', 2, 3), p(g, 'b', 2, 1), p(g, 'c', 2, 2)], 1)]],
  slice: [[(g) => s.slice(p(g, 'a', 5, 2), 0, 1, 4)]],
  pad: [[(g) => s.pad(p(g, 'a', 2, 3), 1, 1, 2)]],
  expandLike: [[(g) => s.expandLike(p(g, 'a', 2, 1), g.constant('like', new Float32Array(6), [2, 3]))]],
  gather: [[(g) => s.gather(p(g, 'a', 4, 2), g.input('index', [3], 'int64')), index]],
  scatterAdd: [[(g) => s.scatterAdd(p(g, 'a', 4, 2), g.input('index', [3], 'int64'), p(g, 'rows', 3, 2)), index]],
  sum: [[(g) => r.sum(p(g, 'a', 2, 3, 2), [0, 2])], [(g) => r.sum(p(g, 'a', 2, 3), [-1], true)]],
  softmax: [[(g) => r.softmax(p(g, 'a', 3, 4))]],
  logSoftmax: [[(g) => r.logSoftmax(p(g, 'a', 3, 4))]],
  layerNorm: [[(g) => r.layerNorm(p(g, 'x', 3, 5), p(g, 'w', 5), p(g, 'b', 5), 1e-6)]],
  gemm: [
    [(g) => gemm(p(g, 'a', 2, 3), p(g, 'b', 4, 3), { transB: true, bias: p(g, 'c', 4) })],
    [(g) => gemm(p(g, 'a', 3, 2), p(g, 'b', 3, 4), { transA: true })],
    [(g) => gemm(p(g, 'a', 3, 2), p(g, 'b', 4, 3), { transA: true, transB: true })],
  ],
  matMul: [
    [(g) => matMul(p(g, 'a', 2, 3, 4), p(g, 'b', 2, 4, 2))],
    [(g) => matMul(p(g, 'a', 2, 3, 4), p(g, 'b', 4, 2))],
  ],
  attention: [
    [(g) => attention(p(g, 'qkv', 1, 3, 24), 2, 0.5).y],
    [(g) => attention(p(g, 'qkv', 2, 4, 12), 2, 0.7, g.constant('mask', [0, 0, -1e9, 0, 0, 0, 0, 0], [2, 1, 1, 4])).y],
  ],
  conv2d: [
    [(g) => conv2d(p(g, 'x', 2, 3, 5, 4), p(g, 'w', 2, 3, 3, 3), { padding: 1 }, p(g, 'b', 2)), few],
    [(g) => conv2d(p(g, 'x', 1, 2, 6, 7), p(g, 'w', 3, 2, 3, 2), { stride: 2, padding: 1 }), few],
    [(g) => conv2d(p(g, 'x', 2, 2, 3, 3), p(g, 'w', 4, 2, 1, 1), {}, p(g, 'b', 4)), few],
    [(g) => conv2d(p(g, 'x', 1, 1, 4, 4), p(g, 'w', 1, 1, 1, 1), { stride: 3, padding: 2 })],
    [(g) => conv2d(p(g, 'x', 2, 4, 4, 4), p(g, 'w', 6, 2, 3, 3), { padding: 1, groups: 2 }, p(g, 'b', 6)), few],
    [(g) => conv2d(p(g, 'x', 2, 3, 6, 6), p(g, 'w', 3, 1, 3, 3), { stride: 2, padding: [0, 0, 1, 1], groups: 3 }), few],
    [(g) => conv2d(p(g, 'x', 1, 2, 5, 6), p(g, 'w', 3, 2, 5, 5), { stride: 2, padding: [1, 2, 2, 1] }), few],
  ],
  convTranspose2d: [
    [(g) => convTranspose2d(p(g, 'x', 2, 2, 3, 4), p(g, 'w', 2, 3, 3, 3), { padding: 1 }, p(g, 'b', 3)), few],
    [(g) => convTranspose2d(p(g, 'x', 2, 2, 2, 3), p(g, 'w', 2, 1, 2, 2), { stride: 2 }, p(g, 'b', 1)), few],
    [
      (g) => convTranspose2d(p(g, 'x', 1, 2, 3, 2), p(g, 'w', 2, 2, 3, 3), { stride: 2, padding: 1, size: [6, 3] }),
      few,
    ],
    [
      (g) => convTranspose2d(p(g, 'x', 2, 4, 3, 3), p(g, 'w', 4, 3, 3, 3), { padding: 1, groups: 2 }, p(g, 'b', 6)),
      few,
    ],
    [
      (g) =>
        convTranspose2d(p(g, 'x', 1, 3, 3, 3), p(g, 'w', 3, 1, 5, 5), {
          stride: 2,
          padding: [1, 1, 2, 2],
          groups: 3,
          size: [6, 6],
        }),
      few,
    ],
  ],
  // The kernel's gradient has a gradient of its own, met where a loss holds a gradient.
  conv2dKernelGradient: [
    [(g) => kernelGradient(p(g, 'x', 2, 3, 5, 4), p(g, 'w', 2, 3, 3, 3), p(g, 'y', 2, 2, 5, 4), { padding: 1 }), few],
    [
      (g) =>
        kernelGradient(p(g, 'x', 1, 2, 6, 7), p(g, 'w', 3, 2, 3, 2), p(g, 'y', 1, 3, 3, 4), { stride: 2, padding: 1 }),
      few,
    ],
    [
      (g) =>
        kernelGradient(p(g, 'x', 2, 4, 6, 6), p(g, 'w', 4, 1, 3, 3), p(g, 'y', 2, 4, 3, 3), {
          stride: 2,
          padding: [0, 0, 1, 1],
          groups: 4,
        }),
      few,
    ],
  ],
  maxPool: [[(g) => maxPool(p(g, 'x', 2, 2, 4, 6))], [(g) => maxPool(p(g, 'x', 1, 2, 6, 3), 3)]],
  avgPool: [[(g) => avgPool(p(g, 'x', 2, 2, 4, 6))], [(g) => avgPool(p(g, 'x', 1, 2, 6, 3), 3)]],
  upsample: [[(g) => upsample(p(g, 'x', 2, 2, 2, 3))], [(g) => upsample(p(g, 'x', 1, 2, 1, 2), 3)]],
  upsampleBilinear: [
    [(g) => upsampleBilinear(p(g, 'x', 2, 2, 3, 4))],
    [(g) => upsampleBilinear(p(g, 'x', 1, 1, 1, 2))],
  ],
  upsampleBilinearTranspose: [[(g) => bilinearGradient(p(g, 'x', 1, 2, 3, 2), p(g, 'y', 1, 2, 6, 4))]],
  sparseMatMul: [[(g) => sparseMatMul(p(g, 'x', 36, 2), matrix(g, ''), matrix(g, 'back_')), { fixed: sparseFeeds() }]],
  groupNorm: [
    [(g) => groupNorm(p(g, 'x', 2, 4, 2, 3), p(g, 'w', 4), p(g, 'b', 4), 2), few],
    [(g) => groupNorm(p(g, 'x', 2, 3, 2, 2), p(g, 'w', 3), p(g, 'b', 3), 1)],
  ],
  select: [[(g) => select(greater(g.constant('m', [1, 0, 1], [3]), g.scalar(0.5)), p(g, 'a', 2, 3), p(g, 'b', 2, 1))]],
  // Only where the value is x itself can differences agree with a gradient that takes it for x.
  straightThrough: [[(g) => ((a) => straightThrough(a, e.stopGradient(a)))(p(g, 'a', 4))]],
  indexCrossEntropy: [[(g) => indexCrossEntropy(p(g, 'a', 3, 5), g.input('index', [3], 'int64')), index]],
}

/** ∂/∂x of Σ upsampleBilinear(x)²·y */
function bilinearGradient(x: Value, y: Value): Value {
  return gradients(r.sum(e.mul(e.square(upsampleBilinear(x)), y)), [x])[0]
}

/** ∂/∂w of Σ conv2d(x, w)·y */
function kernelGradient(x: Value, w: Value, y: Value, options: Conv2dOptions): Value {
  return gradients(r.sum(e.mul(conv2d(x, w, options), y)), [w])[0]
}

describe('each op’s gradient equals central differences in float64, and float32 gives the same', () => {
  for (const [name, cases] of Object.entries(checks))
    it(name, async () => {
      for (const [build, options] of cases) await checkGradients(build, options)
    })
})

describe('the op table', () => {
  it('has a gradient check for every op that states a gradient', async () => {
    const ops = new URL('../../models/ops/', import.meta.url)
    for (const file of await readdir(ops)) if (file.endsWith('.ts')) await import(new URL(file, ops).href)
    const differentiable = [...opTable.values()]
      .filter((op) => op.gradient !== 'notDifferentiable')
      .map((op) => op.name)
    expect(
      differentiable.filter((name) => !(name in checks)),
      'give each a line in `checks`',
    ).toEqual([])
  })
})

describe('the gradient check itself', () => {
  it('notices a gradient with its sign flipped', async () => {
    const gelu = opTable.get('gelu') as { gradient: unknown }
    const right = gelu.gradient as (g: Value, c: unknown) => Value[]
    gelu.gradient = (g: Value, c: unknown) => right(e.neg(g), c)
    try {
      await expect(checkGradients((g) => e.gelu(p(g, 'a', 3)))).rejects.toThrow(/∂loss/)
    } finally {
      gelu.gradient = right
    }
  })

  it('notices float32 nodes that compute something else than those of float64', async () => {
    const gelu = opTable.get('gelu') as { forward: unknown }
    const right = gelu.forward as (onnx: Emitter, inputs: string[], node: unknown) => string
    gelu.forward = (onnx: Emitter, inputs: string[], node: unknown) =>
      onnx.dtype === 'float32' ? onnx.one('Tanh', inputs) : right(onnx, inputs, node)
    try {
      await expect(checkGradients((g) => e.gelu(p(g, 'a', 3)))).rejects.toThrow(/in float32/)
    } finally {
      gelu.forward = right
    }
  })
})
