import { Graph, type Value } from '../models/graph/graph.ts'
import { defineOp } from '../models/ops/op.ts'
import { graphSession } from '../electron/engine/session.ts'
const raw = defineOp<{ shape: any; f: any }>({
  name: 'raw',
  shape: (_i, { shape }) => shape,
  forward: (onnx, ins, node) => (node.attributes as any).f(onnx, ins),
  gradient: 'notDifferentiable',
})
const threads = Number(process.env.T ?? 2)
async function time(label: string, build: (g: Graph) => Value) {
  const g = new Graph()
  const y = build(g)
  const s = await graphSession(g, { y }, { threads })
  const feeds: any = {}
  for (const v of [...g.inputs, ...g.parameters])
    feeds[v.name] = Float32Array.from(
      { length: (v.shape as number[]).reduce((a, b) => a * b, 1) },
      () => Math.random() - 0.5,
    )
  const out = { y: new Float32Array((y.shape as number[]).reduce((a, b) => a * b, 1)) }
  for (let i = 0; i < 2; i++) await s.run(feeds, out)
  const t = performance.now()
  let n = 0
  while (n < 5 || performance.now() - t < 400) {
    await s.run(feeds, out)
    n++
  }
  console.log(label.padEnd(50), ((performance.now() - t) / n).toFixed(2), 'ms')
}
for (const [C, O, H] of [
  [32, 16, 160],
  [16, 96, 160],
  [96, 24, 80],
  [24, 144, 80],
  [144, 24, 80],
  [40, 240, 40],
  [240, 40, 40],
  [80, 480, 20],
  [480, 80, 20],
  [112, 672, 20],
] as const) {
  console.log('==', C, O, H, 'MF', (2 * C * O * H * H) / 1e6)
  const n = H * H
  await time(
    'fwd Conv',
    (g) =>
      raw([g.input('xx', [1, C, H, H]), g.input('ww', [O, C, 1, 1])], {
        shape: [1, O, H, H],
        f: (o: any, [x, w]: any) => o.one('Conv', [x, w], { kernel_shape: [1, 1] }),
      })[0],
  )
  await time(
    'kgrad transpose matmul',
    (g) =>
      raw([g.input('xx', [1, C, H, H]), g.input('gg', [1, O, H, H])], {
        shape: [O, C],
        f: (o: any, [x, w]: any) =>
          o.one('Reshape', [
            o.one('MatMul', [
              o.one('Reshape', [w, o.ints([1, O, n])]),
              o.one('Reshape', [o.one('Transpose', [x], { perm: [0, 2, 3, 1] }), o.ints([1, n, C])]),
            ]),
            o.ints([O, C]),
          ]),
      })[0],
  )
  await time(
    'kgrad Gemm transB',
    (g) =>
      raw([g.input('xx', [1, C, H, H]), g.input('gg', [1, O, H, H])], {
        shape: [O, C],
        f: (o: any, [x, w]: any) =>
          o.one('Gemm', [o.one('Reshape', [w, o.ints([O, n])]), o.one('Reshape', [x, o.ints([C, n])])], { transB: 1 }),
      })[0],
  )
  const parts = (H * H) / (H == 160 ? 1600 : 400)
  await time(
    'kgrad split K batched',
    (g) =>
      raw([g.input('xx', [1, C, H, H]), g.input('gg', [1, O, H, H])], {
        shape: [O, C],
        f: (o: any, [x, w]: any) => {
          const k = n / 4
          const a = o.one('Transpose', [o.one('Reshape', [w, o.ints([O, 4, k])])], { perm: [1, 0, 2] }),
            b = o.one('Transpose', [o.one('Reshape', [x, o.ints([C, 4, k])])], { perm: [1, 2, 0] })
          return o.one('ReduceSum', [o.one('MatMul', [a, b]), o.ints([0])], { keepdims: 0 })
        },
      })[0],
  )
  await time(
    'kgrad Conv swapped',
    (g) =>
      raw([g.input('xx', [C, 1, H, H]), g.input('gg', [O, 1, H, H])], {
        shape: [C, O, 1, 1],
        f: (o: any, [x, w]: any) => o.one('Conv', [x, w], { kernel_shape: [H, H] }),
      })[0],
  )
  await time(
    'kgrad Conv 1x1 (pixels as channels)',
    (g) =>
      raw([g.input('xx', [1, n, C, 1]), g.input('gg', [O, n, 1, 1])], {
        shape: [1, O, C, 1],
        f: (o: any, [x, w]: any) => o.one('Conv', [x, w], { kernel_shape: [1, 1] }),
      })[0],
  )
}
