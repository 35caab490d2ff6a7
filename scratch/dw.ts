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
async function time(label: string, build: (g: Graph) => Value, baked = false) {
  const g = new Graph()
  const y = build(g)
  const s = await graphSession(g, { y }, { threads })
  const feeds: any = {}
  for (const v of [...g.inputs, ...g.parameters])
    feeds[v.name] = Float32Array.from(
      { length: (v.shape as number[]).reduce((a, b) => a * b, 1) },
      () => Math.random() - 0.5,
    )
  const out: any = {}
  for (let i = 0; i < 2; i++) await s.run(feeds)
  const t = performance.now()
  let n = 0
  while (n < 5 || performance.now() - t < 500) {
    await s.run(feeds)
    n++
  }
  console.log(label.padEnd(50), ((performance.now() - t) / n).toFixed(2), 'ms')
}
for (const [C, H, k, s] of [
  [32, 224, 3, 1],
  [96, 224, 3, 2],
  [144, 112, 3, 1],
  [144, 112, 5, 2],
  [240, 56, 5, 1],
  [240, 56, 3, 2],
  [480, 28, 3, 1],
  [672, 28, 5, 1],
] as const) {
  const p =
    s === 1
      ? [(k - 1) / 2, (k - 1) / 2, (k - 1) / 2, (k - 1) / 2]
      : [(k - 2) >> 1, (k - 2) >> 1, (k - 1) >> 1, (k - 1) >> 1]
  const O = H / s
  console.log('== C', C, 'H', H, 'k', k, 's', s, 'ops MF', (C * O * O * k * k * 2) / 1e6)
  await time(
    'Conv group fed',
    (g) =>
      raw([g.input('x', [1, C, H, H]), g.input('w', [C, 1, k, k])], {
        shape: [1, C, O, O],
        f: (o: any, [x, w]: any) => o.one('Conv', [x, w], { group: C, kernel_shape: [k, k], strides: [s, s], pads: p }),
      })[0],
  )
  await time(
    'Conv group const',
    (g) =>
      raw([g.input('x', [1, C, H, H]), g.constant('w', new Float32Array(C * k * k).fill(0.1), [C, 1, k, k])], {
        shape: [1, C, O, O],
        f: (o: any, [x, w]: any) => o.one('Conv', [x, w], { group: C, kernel_shape: [k, k], strides: [s, s], pads: p }),
      })[0],
  )
  await time(
    'slices sum',
    (g) =>
      raw([g.input('x', [1, C, H, H]), g.input('w', [C, 1, k, k])], {
        shape: [1, C, O, O],
        f: (o: any, [x, w]: any) => {
          const padded = o.one('Pad', [x, o.ints(p), '', o.ints([2, 3])])
          let sum: any
          for (let i = 0; i < k; i++)
            for (let j = 0; j < k; j++) {
              const sl = o.one('Slice', [
                padded,
                o.ints([i, j]),
                o.ints([i + s * (O - 1) + 1, j + s * (O - 1) + 1]),
                o.ints([2, 3]),
                o.ints([s, s]),
              ])
              const wk = o.one('Slice', [w, o.ints([i, j]), o.ints([i + 1, j + 1]), o.ints([2, 3])])
              const wr = o.one('Reshape', [wk, o.ints([C, 1, 1])])
              const t = o.one('Mul', [sl, wr])
              sum = sum ? o.one('Add', [sum, t]) : t
            }
          return sum
        },
      })[0],
  )
  await time(
    'kgrad Conv',
    (g) =>
      raw([g.input('x', [1, C, H, H]), g.input('g', [C, 1, O, O])], {
        shape: [1, C, k, k],
        f: (o: any, [x, w]: any) =>
          o.one('Conv', [x, w], { group: C, kernel_shape: [O, O], dilations: [s, s], pads: p }),
      })[0],
  )
  await time(
    'kgrad mul-reduce',
    (g) =>
      raw([g.input('x', [1, C, H, H]), g.input('g', [1, C, O, O])], {
        shape: [C, k * k],
        f: (o: any, [x, w]: any) => {
          const padded = o.one('Pad', [x, o.ints(p), '', o.ints([2, 3])])
          const parts: any[] = []
          for (let i = 0; i < k; i++)
            for (let j = 0; j < k; j++) {
              const sl = o.one('Slice', [
                padded,
                o.ints([i, j]),
                o.ints([i + s * (O - 1) + 1, j + s * (O - 1) + 1]),
                o.ints([2, 3]),
                o.ints([s, s]),
              ])
              const m = o.one('Mul', [sl, w])
              parts.push(
                o.one('Unsqueeze', [
                  o.one('ReduceSum', [o.one('Reshape', [m, o.ints([C, O * O])]), o.ints([1])], { keepdims: 0 }),
                  o.ints([1]),
                ]),
              )
            }
          return o.one('Concat', parts, { axis: 1 })
        },
      })[0],
  )
  await time(
    'kgrad batched matmul',
    (g) =>
      raw([g.input('x', [1, C, H, H]), g.input('g', [1, C, O, O])], {
        shape: [C, k * k],
        f: (o: any, [x, w]: any) => {
          const padded = o.one('Pad', [x, o.ints(p), '', o.ints([2, 3])])
          const parts: any[] = []
          const gg = o.one('Reshape', [w, o.ints([C, O * O, 1])])
          for (let i = 0; i < k; i++)
            for (let j = 0; j < k; j++) {
              const sl = o.one('Slice', [
                padded,
                o.ints([i, j]),
                o.ints([i + s * (O - 1) + 1, j + s * (O - 1) + 1]),
                o.ints([2, 3]),
                o.ints([s, s]),
              ])
              parts.push(
                o.one('Reshape', [
                  o.one('MatMul', [o.one('Reshape', [sl, o.ints([C, 1, O * O])]), gg]),
                  o.ints([C, 1]),
                ]),
              )
            }
          return o.one('Concat', parts, { axis: 1 })
        },
      })[0],
  )
  if (s > 1)
    await time(
      'xgrad ConvTranspose',
      (g) =>
        raw([g.input('x', [1, C, O, O]), g.input('w', [C, 1, k, k])], {
          shape: [1, C, H, H],
          f: (o: any, [x, w]: any) =>
            o.one('ConvTranspose', [x, w], { group: C, kernel_shape: [k, k], strides: [s, s], pads: p }),
        })[0],
    )
  if (s > 1)
    await time(
      'xgrad spread+Conv',
      (g) =>
        raw([g.input('x', [1, C, O, O]), g.input('w', [C, 1, k, k])], {
          shape: [1, C, H, H],
          f: (o: any, [x, w]: any) => {
            const a = o.one('Unsqueeze', [x, o.ints([3, 5])])
            const b = o.one('Pad', [a, o.ints([0, 0, 1, 1]), '', o.ints([3, 5])])
            const c = o.one('Reshape', [b, o.ints([1, C, H, H])])
            return o.one('Conv', [c, w], {
              group: C,
              kernel_shape: [k, k],
              pads: [k - 1 - p[0], k - 1 - p[1], p[0], p[1]],
            })
          },
        })[0],
    )
}
