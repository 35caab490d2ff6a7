import { Graph, type Value } from '../models/graph/graph.ts'
import { defineOp } from '../models/ops/op.ts'
import { graphSession } from '../electron/engine/session.ts'
import { resizeBilinear } from '../models/ops/pooling.ts'
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
const axisUp = (o: any, x: string, axis: number, C: number, shape: number[]) => {
  // shape after
  const H = shape[axis] / 2
  const p = o.one('Pad', [x, o.ints([1, 1]), '', o.ints([axis])], { mode: 'edge' })
  const a = o.one('Slice', [p, o.ints([0]), o.ints([H]), o.ints([axis])]),
    c = o.one('Slice', [p, o.ints([2]), o.ints([H + 2]), o.ints([axis])])
  const b = o.one('Mul', [x, o.scalar(0.75)]),
    q = o.scalar(0.25)
  const even = o.one('Add', [b, o.one('Mul', [a, q])]),
    odd = o.one('Add', [b, o.one('Mul', [c, q])])
  const s = o.one(
    'Concat',
    [o.one('Unsqueeze', [even, o.ints([axis + 1])]), o.one('Unsqueeze', [odd, o.ints([axis + 1])])],
    { axis: axis + 1 },
  )
  return o.one('Reshape', [s, o.ints(shape)])
}
for (const [C, H] of [
  [48, 32],
  [48, 64],
  [48, 128],
] as const) {
  console.log('==', C, H)
  const S = [1, C, 2 * H, 2 * H],
    s0 = [1, C, H, H]
  await time(
    'Resize linear',
    (g) =>
      raw([g.input('xx', s0)], {
        shape: S,
        f: (o: any, [x]: any) =>
          o.one('Resize', [x, '', '', o.ints([2 * H, 2 * H])], {
            axes: [2, 3],
            mode: 'linear',
            coordinate_transformation_mode: 'half_pixel',
          }),
      })[0],
  )
  await time(
    'Resize 4d sizes',
    (g) =>
      raw([g.input('xx', s0)], {
        shape: S,
        f: (o: any, [x]: any) =>
          o.one('Resize', [x, '', '', o.ints([1, C, 2 * H, 2 * H])], {
            mode: 'linear',
            coordinate_transformation_mode: 'half_pixel',
          }),
      })[0],
  )
  await time('matmul', (g) => resizeBilinear(g.input('xx', s0), 2 * H, 2 * H))
  await time(
    'slices',
    (g) =>
      raw([g.input('xx', s0)], {
        shape: S,
        f: (o: any, [x]: any) => axisUp(o, axisUp(o, x, 2, C, [1, C, 2 * H, H]), 3, C, S),
      })[0],
  )
  const K4 = [0.25, 0.75, 0.75, 0.25].flatMap((a, _, l) => l.map((b) => a * b))
  await time(
    'grad: conv edge depthwise const',
    (g) =>
      raw([g.input('xx', S), g.constant('k', Array.from({ length: C }, () => K4).flat(), [C, 1, 4, 4])], {
        shape: s0,
        f: (o: any, [x, k]: any) =>
          o.one('Conv', [o.one('Pad', [x, o.ints([1, 1, 1, 1]), '', o.ints([2, 3])], { mode: 'edge' }), k], {
            kernel_shape: [4, 4],
            group: C,
            strides: [2, 2],
          }),
      })[0],
  )
  await time(
    'grad: conv C as batch const',
    (g) =>
      raw([g.input('xx', S), g.constant('k', K4, [1, 1, 4, 4])], {
        shape: s0,
        f: (o: any, [x, k]: any) =>
          o.one('Reshape', [
            o.one(
              'Conv',
              [
                o.one('Reshape', [
                  o.one('Pad', [x, o.ints([1, 1, 1, 1]), '', o.ints([2, 3])], { mode: 'edge' }),
                  o.ints([C, 1, 2 * H + 2, 2 * H + 2]),
                ]),
                k,
              ],
              { kernel_shape: [4, 4], strides: [2, 2] },
            ),
            o.ints(s0),
          ]),
      })[0],
  )
  await time(
    'grad: avgpool',
    (g) =>
      raw([g.input('xx', S)], {
        shape: s0,
        f: (o: any, [x]: any) => {
          const p = o.one('Pad', [x, o.ints([1, 1, 1, 1]), '', o.ints([2, 3])], { mode: 'edge' })
          const a = o.one('AveragePool', [p], { kernel_shape: [2, 2], strides: [1, 1] }),
            b = o.one('AveragePool', [a], { kernel_shape: [2, 2], strides: [1, 1] })
          return o.one('Mul', [o.one('AveragePool', [b], { kernel_shape: [2, 2], strides: [2, 2] }), o.scalar(4)])
        },
      })[0],
  )
}
