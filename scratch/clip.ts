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
      () => Math.random() * 12 - 3,
    )
  const out = { y: new Float32Array((y.shape as number[]).reduce((a, b) => a * b, 1)) }
  for (let i = 0; i < 2; i++) await s.run(feeds, out)
  const t = performance.now()
  let n = 0
  while (n < 5 || performance.now() - t < 500) {
    await s.run(feeds, out)
    n++
  }
  console.log(label.padEnd(50), ((performance.now() - t) / n).toFixed(2), 'ms')
}
const S = [1, 96, 224, 224]
const r = (label: string, f: any) => time(label, (g) => raw([g.input('yy', S), g.input('gg', S)], { shape: S, f })[0])
await r('mul alone', (o: any, [y, g]: any) => o.one('Mul', [y, g]))
await r('relu6', (o: any, [y, g]: any) => o.one('Clip', [y, o.scalar(0), o.scalar(6)]))
await r('sign(y(6-y))', (o: any, [y, g]: any) =>
  o.one('Mul', [g, o.one('Sign', [o.one('Mul', [y, o.one('Sub', [o.scalar(6), y])])])]),
)
await r('hardsigmoid x2', (o: any, [y, g]: any) =>
  o.one('Mul', [
    o.one('Mul', [g, o.one('HardSigmoid', [y], { alpha: { float: 2 ** 120 }, beta: { float: 0 } })]),
    o.one('HardSigmoid', [y], { alpha: { float: -(2 ** 120) }, beta: { float: 6 * 2 ** 120 } }),
  ]),
)
await r('hardsigmoid of mul', (o: any, [y, g]: any) =>
  o.one('Mul', [
    g,
    o.one('HardSigmoid', [o.one('Mul', [y, o.one('Sub', [o.scalar(6), y])])], {
      alpha: { float: 2 ** 120 },
      beta: { float: 0 },
    }),
  ]),
)
await r('cast less abs', (o: any, [y, g]: any) =>
  o.one('Mul', [
    g,
    o.one('Cast', [o.one('Less', [o.one('Abs', [o.one('Sub', [y, o.scalar(3)])]), o.scalar(3)])], { to: 1 }),
  ]),
)
await r('equal cast (x)', (o: any, [y, g]: any) =>
  o.one('Mul', [g, o.one('Cast', [o.one('Equal', [y, g])], { to: 1 })]),
)
await r('equal where', (o: any, [y, g]: any) => o.one('Where', [o.one('Equal', [y, g]), g, o.scalar(0)]))
await r('sign only', (o: any, [y, g]: any) => o.one('Mul', [g, o.one('Sign', [y])]))
