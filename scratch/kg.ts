import { Graph, type Value } from '../models/graph/graph.ts'
import { defineOp } from '../models/ops/op.ts'
import { graphSession } from '../electron/engine/runtime/session.ts'
const raw = defineOp<{ shape: any; f: any }>({
  name: 'raw',
  shape: (_i, { shape }) => shape,
  forward: (onnx, ins, node) => (node.attributes as any).f(onnx, ins),
  gradient: 'notDifferentiable',
})
async function time(label: string, build: (g: Graph) => Value) {
  const g = new Graph()
  const y = build(g)
  const s = await graphSession(g, { y }, { threads: 1 })
  const feeds: any = {}
  for (const v of g.inputs)
    feeds[v.name] = Float32Array.from(
      { length: (v.shape as number[]).reduce((a, b) => a * b, 1) },
      () => Math.random() - 0.5,
    )
  await s.run(feeds)
  const c = process.cpuUsage()
  const n = 5
  for (let i = 0; i < n; i++) await s.run(feeds)
  const u = process.cpuUsage(c)
  console.log(label.padEnd(34), ((u.user + u.system) / 1000 / n).toFixed(2), 'cpu ms')
}
for (const [C, H, k, s] of [
  [32, 160, 3, 1],
  [96, 160, 3, 2],
  [144, 80, 3, 1],
  [144, 80, 5, 2],
  [240, 40, 5, 1],
  [480, 20, 3, 1],
  [672, 20, 5, 1],
] as const) {
  const p =
    s === 1
      ? [(k - 1) / 2, (k - 1) / 2, (k - 1) / 2, (k - 1) / 2]
      : [(k - 2) >> 1, (k - 2) >> 1, (k - 1) >> 1, (k - 1) >> 1]
  const O = H / s,
    P = O * O
  console.log('== C', C, 'H', H, 'k', k, 's', s)
  const I = (g: Graph) => [g.input('xx', [1, C, H, H]), g.input('gg', [C, 1, O, O])]
  await time(
    'conv now',
    (g) =>
      raw(I(g), {
        shape: [1, C, k, k],
        f: (o: any, [x, w]: any) =>
          o.one('Conv', [x, w], { group: C, kernel_shape: [O, O], dilations: [s, s], pads: p }),
      })[0],
  )
  const W = H + p[1] + p[3],
    HH = H + p[0] + p[2]
  // x padded; flattened rows: for stride 1, pad g rows to padded width so shifts are flat 1-D shifts
  if (s === 1) {
    await time(
      'flat shifts mul reduce',
      (g) =>
        raw(I(g), {
          shape: [C, k * k],
          f: (o: any, [x, w]: any) => {
            const xp = o.one('Reshape', [o.one('Pad', [x, o.ints(p), '', o.ints([2, 3])]), o.ints([C, HH * W])])
            const gp = o.one('Reshape', [
              o.one('Pad', [o.one('Reshape', [w, o.ints([C, O, O])]), o.ints([0, W - O]), '', o.ints([2])]),
              o.ints([C, O * W]),
            ])
            const len = (O - 1) * W + O
            const gs = o.one('Slice', [gp, o.ints([0]), o.ints([len]), o.ints([1])])
            const parts: any[] = []
            for (let i = 0; i < k; i++)
              for (let j = 0; j < k; j++) {
                const sl = o.one('Slice', [xp, o.ints([i * W + j]), o.ints([i * W + j + len]), o.ints([1])])
                parts.push(o.one('ReduceSum', [o.one('Mul', [sl, gs]), o.ints([1])], { keepdims: 1 }))
              }
            return o.one('Concat', parts, { axis: 1 })
          },
        })[0],
    )
    // conv 1d-like: toeplitz via matmul rows: G^T[c][x?
    await time(
      'conv by rows i (k convs of kernel O)',
      (g) =>
        raw(I(g), {
          shape: [1, C, k, k],
          f: (o: any, [x, w]: any) => o.one('Conv', [x, w], { group: C, kernel_shape: [O, O], pads: p }),
        })[0],
    )
  }
  // matmul row-gram: Xp[c][HH,W] ; Z_i = G[c]^T? sum_y g[y,:]^T x[y+i,:] -> [O,W] then need sum of diagonals: expensive for large O
  if (O <= 40)
    await time(
      'gram + diagonal',
      (g) =>
        raw(I(g), {
          shape: [C, k * k],
          f: (o: any, [x, w]: any) => {
            const xp = o.one('Reshape', [o.one('Pad', [x, o.ints(p), '', o.ints([2, 3])]), o.ints([C, HH, W])])
            const gT = o.one('Transpose', [o.one('Reshape', [w, o.ints([C, O, O])])], { perm: [0, 2, 1] })
            const parts: any[] = []
            for (let i = 0; i < k; i++) {
              const xi = o.one('Slice', [xp, o.ints([i]), o.ints([i + s * (O - 1) + 1]), o.ints([1]), o.ints([s])])
              const z = o.one('MatMul', [gT, xi]) // [C,O,W]
              for (let j = 0; j < k; j++) {
                const zf = o.one('Reshape', [z, o.ints([C, O * W])])
                parts.push(
                  o.one(
                    'ReduceSum',
                    [o.one('Slice', [zf, o.ints([j]), o.ints([O * W]), o.ints([1]), o.ints([W + s])]), o.ints([1])],
                    { keepdims: 1 },
                  ),
                )
              }
            }
            return o.one('Concat', parts, { axis: 1 })
          },
        })[0],
    )
  // channels last
  await time(
    'channels last',
    (g) =>
      raw(I(g), {
        shape: [k * k, C],
        f: (o: any, [x, w]: any) => {
          const xp = o.one('Transpose', [o.one('Pad', [x, o.ints(p), '', o.ints([2, 3])])], { perm: [0, 2, 3, 1] })
          const gl = o.one('Transpose', [o.one('Reshape', [w, o.ints([1, C, O, O])])], { perm: [0, 2, 3, 1] })
          const parts: any[] = []
          for (let i = 0; i < k; i++)
            for (let j = 0; j < k; j++) {
              const sl = o.one('Slice', [
                xp,
                o.ints([i, j]),
                o.ints([i + s * (O - 1) + 1, j + s * (O - 1) + 1]),
                o.ints([1, 2]),
                o.ints([s, s]),
              ])
              parts.push(o.one('ReduceSum', [o.one('Mul', [sl, gl]), o.ints([0, 1, 2])], { keepdims: 0 }))
            }
          return o.one(
            'Concat',
            parts.map((q: any) => o.one('Unsqueeze', [q, o.ints([0])])),
            { axis: 0 },
          )
        },
      })[0],
  )
  if (s === 2)
    await time(
      'phases conv',
      (g) =>
        raw(I(g), {
          shape: [C, k * k],
          f: (o: any, [x, w]: any) => {
            const eh = HH % 2,
              xp = o.one('Pad', [x, o.ints([p[0], p[1], p[2] + eh, p[3] + eh]), '', o.ints([2, 3])])
            const hh = (HH + eh) / 2
            const ph = o.one('Transpose', [o.one('Reshape', [xp, o.ints([1, C, hh, 2, hh, 2])])], {
              perm: [3, 5, 0, 1, 2, 4],
            }) // [2,2,1,C,hh,hh]
            const parts: any[] = []
            for (let a = 0; a < 2; a++)
              for (let b = 0; b < 2; b++) {
                const q = o.one('Reshape', [
                  o.one('Slice', [ph, o.ints([a, b]), o.ints([a + 1, b + 1]), o.ints([0, 1])]),
                  o.ints([1, C, hh, hh]),
                ])
                const r = o.one('Conv', [q, w], { group: C, kernel_shape: [O, O] })
                parts.push(o.one('Reshape', [r, o.ints([C, -1])]))
              }
            return o.one('Concat', parts, { axis: 1 })
          },
        })[0],
    )
}
