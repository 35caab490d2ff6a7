import * as ort from 'onnxruntime-node'
import { onnxBytes, feedsOf } from '../models/graph/onnx.ts'
import { Graph, type Value } from '../models/graph/graph.ts'
import { gradients } from '../models/autodiff.ts'
import { presets } from '../models/nucleusVit/config.ts'
import { nucleusVit, nucleusVitInputs, classHead } from '../models/nucleusVit/network.ts'
import { trainingLoss, trainedOf, gradientOf } from '../electron/engine/train/gradientPass.ts'
import { cropEncoder } from '../models/nucleusVit/crop.ts'
import { initialise } from '../models/nucleusVit/initialise.ts'
import { layoutOf } from '../models/nn/parameters.ts'
import { random } from '../models/nn/random.ts'
import { graphSession } from '../electron/engine/runtime/session.ts'
import { readFileSync, readdirSync, unlinkSync } from 'node:fs'
const S = Number(process.env.S ?? 320),
  N = Number(process.env.N ?? 100),
  threads = Number(process.env.T ?? 1)
const config = { ...presets['stem-tiny'], imageSize: S }
const mode = process.env.MODE ?? 'train'
const graph = new Graph()
const out: Record<string, Value> = {}
if (mode === 'train') {
  const bs = graph.input('branch_scale', [2 * config.layers])
  const loss = trainingLoss(config, nucleusVit(config, nucleusVitInputs(graph, config), { branchScale: bs }).nuclei, 4)
  const ps = trainedOf(graph, { kind: 'full' })
  out.loss = loss
  gradients(loss, ps).forEach((g, i) => (out[gradientOf(ps[i].name)] = g))
} else {
  const { nuclei } = nucleusVit(config, nucleusVitInputs(graph, config))
  out.tokens = nuclei
  out.logits = classHead(nuclei, 4)
}
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
  ...cropEncoder(config, { training: true }).encode(
    Uint8Array.from({ length: 3 * S * S }, () => rng.below(256)),
    boxes,
  ),
  branch_scale: new Float32Array(2 * config.layers).fill(1),
  targets: new Float32Array(4 * N).fill(0.25 / N),
  replay_tokens: new Float32Array(368),
  replay_targets: new Float32Array(4),
}
for (const s of layout.slots) feeds[s.name] = values.subarray(s.offset, s.offset + s.size)
const s = await graphSession(graph, out, { threads })
for (let i = 0; i < 2; i++) await s.run(feeds)
const cpu0 = process.cpuUsage()
const t = performance.now()
const n = Number(process.env.R ?? 6)
for (let i = 0; i < n; i++) await s.run(feeds)
const cpu = process.cpuUsage(cpu0)
console.log(
  mode,
  S,
  'wall',
  ((performance.now() - t) / n).toFixed(1),
  'cpu ms',
  ((cpu.user + cpu.system) / 1000 / n).toFixed(1),
)
const te = performance.now()
const enc = cropEncoder(config, { training: true })
for (let i = 0; i < 5; i++) enc.encode(new Uint8Array(3 * S * S), boxes)
console.log('encode', ((performance.now() - te) / 5).toFixed(1))
if (process.env.PROF) {
  const { inputs, parameters } = feedsOf(graph, Object.values(out))
  const sess = await ort.InferenceSession.create(onnxBytes(graph, { outputs: out }), {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    enableMemPattern: false,
    intraOpNumThreads: threads,
    enableProfiling: true,
    profileFilePrefix: '/tmp/stem/prof',
    logSeverityLevel: 3,
  } as any)
  const tens: any = {}
  const types: any = { float32: 'float32', int64: 'int64' }
  const syms: any = {
    N,
    K4: feeds.roi4_back_index.length / (S / 4) ** 2,
    K8: feeds.roi8_back_index.length / (S / 8) ** 2,
    K16: feeds.roi16_back_index.length / (S / 16) ** 2,
    M: 1,
    '9*N': 9 * N,
  }
  console.log('K', syms)
  for (const v of [...inputs, ...parameters])
    tens[v.name] = new ort.Tensor(
      types[v.dtype],
      feeds[v.name],
      v.shape.map((d: any) => (typeof d === 'number' ? d : syms[d])),
    )
  for (let i = 0; i < 4; i++) await sess.run(tens)
  ;(sess as any).endProfiling()
  const f = readdirSync('/tmp/stem')
    .filter((x) => x.startsWith('prof'))
    .sort()
    .pop()!
  const ev = JSON.parse(readFileSync('/tmp/stem/' + f, 'utf8'))
  const byOp = new Map<string, number>(),
    byName = new Map<string, number>()
  for (const e of ev)
    if (e.cat === 'Node' && e.name.endsWith('_kernel_time')) {
      byOp.set(e.args.op_name, (byOp.get(e.args.op_name) ?? 0) + e.dur / 4000)
      byName.set(
        e.name.replace('_kernel_time', '') +
          ' ' +
          e.args.op_name +
          ' ' +
          JSON.stringify(e.args.output_type_shape).slice(0, 60),
        (byName.get(
          e.name.replace('_kernel_time', '') +
            ' ' +
            e.args.op_name +
            ' ' +
            JSON.stringify(e.args.output_type_shape).slice(0, 60),
        ) ?? 0) +
          e.dur / 4000,
      )
    }
  console.log(
    [...byOp]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 20)
      .map(([k, v]) => k + ' ' + v.toFixed(1))
      .join('\n'),
  )
  console.log(
    [...byName]
      .sort((a, b) => b[1] - a[1])
      .slice(0, 45)
      .map(([k, v]) => v.toFixed(1) + ' ' + k)
      .join('\n'),
  )
  unlinkSync('/tmp/stem/' + f)
}
