import { Graph, type Value } from '../models/graph/graph.ts'
import { graphSession } from '../electron/engine/runtime/session.ts'
import { conv2d, samePadding } from '../models/ops/convolution.ts'
import { clip, mul } from '../models/ops/elementwise.ts'
import { gradients } from '../models/autodiff.ts'
import { sum } from '../models/ops/reduce.ts'
import { upsampleBilinear } from '../models/ops/pooling.ts'
import { sparseMatMul } from '../models/ops/sparse.ts'
import { reshape, transpose } from '../models/ops/shape.ts'
async function t(name: string, build: (g: Graph) => Value, grad: boolean) {
  const g = new Graph()
  const y = build(g)
  const outputs: any = { y }
  if (grad) gradients(sum(mul(y, y)), g.parameters).forEach((d, i) => (outputs['d' + i] = d))
  const feeds: any = {}
  for (const v of [...g.inputs, ...g.parameters])
    feeds[v.name] =
      v.dtype === 'int64'
        ? BigInt64Array.from({ length: (v.shape as any).reduce((a: any, b: any) => a * b, 1) }, (_, i) => BigInt(i % 8))
        : Float32Array.from({ length: (v.shape as any).reduce((a: any, b: any) => a * b, 1) }, (_, i) =>
            Math.sin(i * i),
          )
  try {
    const res: any = {}
    for (const provider of ['cpu', 'webgpu']) {
      const s = await graphSession(g, outputs, { provider })
      res[provider] = await s.run(feeds)
    }
    let off = 0
    for (const k of Object.keys(outputs))
      res.cpu[k].data.forEach((v: number, i: number) => (off = Math.max(off, Math.abs(v - res.webgpu[k].data[i]))))
    console.log(name, grad, 'ok', off)
  } catch (e: any) {
    console.log(name, grad, 'FAIL', e.message.slice(0, 200))
  }
}
const p = (g: Graph, n: string, ...s: number[]) => g.parameter(n, s)
for (const grad of [true]) {
  await t('pointwise', (g) => conv2d(p(g, 'x', 1, 4, 8, 8), p(g, 'w', 6, 4, 1, 1), {}, p(g, 'b', 6)), grad)
  await t(
    'dw s1',
    (g) => conv2d(p(g, 'x', 1, 4, 8, 8), p(g, 'w', 4, 1, 3, 3), { padding: 1, groups: 4 }, p(g, 'b', 4)),
    grad,
  )
  await t(
    'dw s2',
    (g) =>
      conv2d(
        p(g, 'x', 1, 4, 8, 8),
        p(g, 'w', 4, 1, 3, 3),
        { stride: 2, padding: samePadding([8, 8], 3, 2), groups: 4 },
        p(g, 'b', 4),
      ),
    grad,
  )
  await t(
    'conv s2',
    (g) =>
      conv2d(
        p(g, 'x', 1, 3, 8, 8),
        p(g, 'w', 4, 3, 3, 3),
        { stride: 2, padding: samePadding([8, 8], 3, 2) },
        p(g, 'b', 4),
      ),
    grad,
  )
  await t(
    'groups 2',
    (g) => conv2d(p(g, 'x', 1, 4, 8, 8), p(g, 'w', 4, 2, 3, 3), { padding: 1, groups: 2 }, p(g, 'b', 4)),
    grad,
  )
  await t('clip', (g) => clip(p(g, 'x', 1, 4, 8, 8), 0, 0.5), grad)
  await t('up', (g) => upsampleBilinear(p(g, 'x', 1, 4, 8, 8)), grad)
  await t(
    'sparse',
    (g) => {
      const m = { index: g.input('i', [9, 16], 'int64'), weight: g.input('w', [9, 16]) }
      const b = { index: g.input('bi', [16, 4], 'int64'), weight: g.input('bw', [16, 4]) }
      const c = conv2d(p(g, 'x', 1, 4, 4, 4), p(g, 'w0', 6, 4, 1, 1))
      return sparseMatMul(reshape(transpose(c, [0, 2, 3, 1]), [16, 6]), m, b)
    },
    grad,
  )
}
await t(
  'pw-dw1-pw',
  (g) =>
    conv2d(
      clip(
        conv2d(clip(conv2d(p(g, 'x', 1, 4, 8, 8), p(g, 'w', 6, 4, 1, 1)), 0, 6), p(g, 'w2', 6, 1, 3, 3), {
          padding: 1,
          groups: 6,
        }),
        0,
        6,
      ),
      p(g, 'w3', 4, 6, 1, 1),
    ),
  true,
)
await t(
  'pw-dw2-pw',
  (g) =>
    conv2d(
      clip(
        conv2d(clip(conv2d(p(g, 'x', 1, 4, 8, 8), p(g, 'w', 6, 4, 1, 1)), 0, 6), p(g, 'w2', 6, 1, 3, 3), {
          stride: 2,
          padding: [0, 0, 1, 1],
          groups: 6,
        }),
        0,
        6,
      ),
      p(g, 'w3', 4, 6, 1, 1),
    ),
  true,
)
