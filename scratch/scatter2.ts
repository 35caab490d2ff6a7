import { Graph } from '../models/graph/graph.ts'
import { scatterAdd } from '../models/ops/shape.ts'
import { graphSession } from '../electron/engine/session.ts'
const C = 64,
  P = 64,
  R = 60000
const index = BigInt64Array.from({ length: R }, (_, i) => BigInt(i % 2))
const rows = new Float32Array(R * C).fill(1)
const g = new Graph()
const y = scatterAdd(g.input('x', [P, C]), g.input('i', [R], 'int64'), g.input('r', [R, C]))
const s = await graphSession(g, { y }, { threads: 8 })
const x = new Float32Array(P * C)
let bad = 0
for (let k = 0; k < 60; k++) {
  const d = (await s.run({ x, i: index, r: rows })).y.data as Float32Array
  if (d[0] !== R / 2 || d[64] !== R / 2 || d[127] !== R / 2) bad++
}
console.log('bad runs', bad)
