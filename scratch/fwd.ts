import * as ort from 'onnxruntime-node'
import { onnxBytes, feedsOf } from '../models/graph/onnx.ts'
import { Graph } from '../models/graph/graph.ts'
import { presets } from '../models/nucleusVit/config.ts'
import { nucleusVit, nucleusVitInputs, classHead } from '../models/nucleusVit/network.ts'
import { cropEncoder } from '../models/nucleusVit/crop.ts'
import { initialise } from '../models/nucleusVit/initialise.ts'
import { layoutOf } from '../models/nn/parameters.ts'
import { random } from '../models/nn/random.ts'
const S = 448,
  N = Number(process.env.N ?? 100)
const config = { ...presets['stem-tiny'], imageSize: S }
for (const bake of (process.env.B ?? 'none,stem').split(',')) {
  const graph = new Graph()
  const { nuclei } = nucleusVit(config, nucleusVitInputs(graph, config))
  const outputs = { tokens: nuclei, logits: classHead(nuclei, 4) }
  const layout = layoutOf(graph.parameters),
    values = initialise(layout, random(1), config)
  const rng = random(3)
  const boxes = Float32Array.from({ length: 4 * N })
  for (let i = 0; i < N; i++) {
    const x = rng.between(0, S - 24),
      y = rng.between(0, S - 24)
    boxes.set([x, y, x + 24, y + 22], 4 * i)
  }
  const feeds: any = {
    ...cropEncoder(config).encode(
      Uint8Array.from({ length: 3 * S * S }, () => rng.below(256)),
      boxes,
    ),
  }
  const weights = new Map<string, Float32Array>()
  for (const s of layout.slots) {
    const v = values.slice(s.offset, s.offset + s.size)
    if (bake === 'all' || (bake === 'stem' && s.name.startsWith('stem.'))) weights.set(s.name, v)
    else feeds[s.name] = v
  }
  const { inputs, parameters } = feedsOf(graph, Object.values(outputs))
  const sess = await ort.InferenceSession.create(onnxBytes(graph, { outputs, weights }), {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    enableMemPattern: false,
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  } as any)
  const syms: any = { N, '9*N': 9 * N }
  const tens: any = {}
  for (const v of [...inputs, ...parameters])
    if (!weights.has(v.name))
      tens[v.name] = new ort.Tensor(
        v.dtype as any,
        feeds[v.name],
        v.shape.map((d: any) => (typeof d === 'number' ? d : syms[d])),
      )
  for (let i = 0; i < 2; i++) await sess.run(tens)
  const c = process.cpuUsage()
  const n = Number(process.env.R ?? 6)
  for (let i = 0; i < n; i++) await sess.run(tens)
  const u = process.cpuUsage(c)
  console.log('baked', bake, ((u.user + u.system) / 1000 / n).toFixed(1), 'cpu ms')
}
