import { Graph, type Value } from '../models/graph/graph.ts'
import { defineOp } from '../models/ops/op.ts'
import { graphSession } from '../electron/engine/session.ts'
const raw = defineOp<{ shape: any; f: any }>({
  name: 'raw',
  shape: (_i, { shape }) => shape,
  forward: (onnx, ins, node) => (node.attributes as any).f(onnx, ins),
  gradient: 'notDifferentiable',
})
const C = 64,
  P = 6400,
  R = 28800
const index = BigInt64Array.from({ length: R }, () => BigInt(Math.floor(Math.random() * 900)))
const rows = Float32Array.from({ length: R * C }, () => Math.random() - 0.5)
const truth = new Float64Array(P * C)
for (let r = 0; r < R; r++) for (let c = 0; c < C; c++) truth[Number(index[r]) * C + c] += rows[r * C + c]
for (const [name, f] of Object.entries({
  nd: (o: any, [x, i, r]: any) =>
    o.one('ScatterND', [x, o.one('Unsqueeze', [i, o.ints([1])]), r], { reduction: 'add' }),
  el: (o: any, [x, i, r]: any) =>
    o.one('ScatterElements', [x, o.one('Expand', [o.one('Unsqueeze', [i, o.ints([1])]), o.ints([R, C])]), r], {
      reduction: 'add',
      axis: 0,
    }),
})) {
  const g = new Graph()
  const y = raw([g.input('x', [P, C]), g.input('i', [R], 'int64'), g.input('r', [R, C])], { shape: [P, C], f })[0]
  const s = await graphSession(g, { y }, { threads: 2 })
  const x = new Float32Array(P * C)
  let worst = 0
  const t = performance.now()
  for (let k = 0; k < 20; k++) {
    const res = (await s.run({ x, i: index, r: rows })).y.data as Float32Array
    for (let j = 0; j < truth.length; j += 7) worst = Math.max(worst, Math.abs(res[j] - truth[j]))
  }
  console.log(name, 'worst error', worst, ((performance.now() - t) / 20).toFixed(1), 'ms')
}
{
  const g = new Graph()
  const y = raw([g.input('x', [P, C]), g.input('i', [R], 'int64')], {
    shape: [R, C],
    f: (o: any, [x, i]: any) => o.one('Gather', [x, i], { axis: 0 }),
  })[0]
  const s = await graphSession(g, { y }, { threads: 2 })
  const x = new Float32Array(P * C)
  const out = { y: new Float32Array(R * C) }
  await s.run({ x, i: index }, out)
  const t = performance.now()
  for (let k = 0; k < 20; k++) await s.run({ x, i: index }, out)
  console.log('gather', ((performance.now() - t) / 20).toFixed(1), 'ms')
}
