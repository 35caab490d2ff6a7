import { inEnglish } from '../../../electron/contract/index.ts'
import { chooseProvider, testProvider } from '../../../electron/engine/runtime/providers.ts'
import { graphSession, type Numbers } from '../../../electron/engine/runtime/session.ts'
import { gradients } from '../../../models/autodiff.ts'
import { Graph, type Value } from '../../../models/graph/graph.ts'
import { convolution } from '../../../models/nn/convolution.ts'
import { layoutOf } from '../../../models/nn/parameters.ts'
import { random } from '../../../models/nn/random.ts'
import { cropEncoder } from '../../../models/nucleusVit/crop.ts'
import { classHead, nucleusVit, nucleusVitInputs } from '../../../models/nucleusVit/network.ts'
import { samePadding } from '../../../models/ops/convolution.ts'
import { clip, square } from '../../../models/ops/elementwise.ts'
import { upsampleBilinear } from '../../../models/ops/pooling.ts'
import { sum } from '../../../models/ops/reduce.ts'
import { reshape, transpose } from '../../../models/ops/shape.ts'
import { sparseMatMul } from '../../../models/ops/sparse.ts'
import { roiEntries, roiSamples, withTranspose } from '../../../models/stem/roiSamples.ts'
import { crossEntropy, targets } from '../../../models/train/loss.ts'
import { smallConfig as config } from '../../support/colourNuclei.ts'

/**
 * In a process of its own, because a driver may end it: a small nucleus ViT, and the parts of a stem, on WebGPU and on the processor. Sends the
 * largest differences, absolute for tokens and relative to each gradient's size, or what failed.
 */
export interface WebGpuAnswer {
  readonly tokens: number
  readonly encoder: number
  readonly gradients: Record<string, number>
  /** Relative differences of what a stem is made of: its value under `rois`, and gradients. */
  readonly stemParts: Record<string, number>
  /** What the engine says when it may choose its provider itself. */
  readonly reason: string
}

const classes = 3
function network(training: boolean) {
  const graph = new Graph()
  const { nuclei } = nucleusVit(config, nucleusVitInputs(graph, config))
  const logits = classHead(nuclei, classes)
  const outputs: Record<string, Value> = { nuclei, logits }
  if (training) {
    const loss = crossEntropy(logits, graph.input('targets', ['N', classes]))
    gradients(loss, graph.parameters).forEach((g, i) => (outputs[`d ${graph.parameters[i].name}`] = g))
  }
  return { graph, outputs }
}

function feeds(graph: Graph): Record<string, Numbers> {
  const rng = random(1)
  const rgb = Uint8Array.from({ length: 3 * config.imageSize ** 2 }, () => rng.below(256))
  const numbers: Record<string, Numbers> = {
    ...cropEncoder(config).encode(rgb, [3, 4, 20, 18, 30, 30, 50, 44.5, 0, 40, 12, 64]),
    targets: targets([0, 2, 1], 3, { classes }),
  }
  for (const { name, size } of layoutOf(graph.parameters).slots)
    numbers[name] = Float32Array.from({ length: size }, () => 0.2 * rng.normal())
  return numbers
}

/** Each kind of convolution of a stem, clipping, doubling and RoIAlign once: a whole stem takes a software renderer minutes. */
function stemParts() {
  const graph = new Graph()
  const image = graph.input('image', [1, 3, 16, 16])
  const relu6 = (x: Value) => clip(x, 0, 6)
  const half = relu6(convolution(image, 'conv', 8, 3, { stride: 2, padding: samePadding([16, 16], 3, 2) }))
  const deep = relu6(convolution(half, 'depthwise', 8, 3, { padding: 1, groups: 8 }))
  const strided = { stride: 2, padding: samePadding([8, 8], 5, 2), groups: 8 }
  const quarter = relu6(convolution(deep, 'strided', 8, 5, strided))
  const map = upsampleBilinear(convolution(quarter, 'project', 6, 1))
  const rows = reshape(transpose(map, [0, 2, 3, 1]), [64, 6])
  const { index, weight, backIndex, backWeight } = withTranspose(roiSamples([1, 2, 9, 8, 6, 0, 16, 16], 8, 0.5, 3), 64)
  const most = backWeight.length / 64
  const rois = sparseMatMul(
    rows,
    { index: graph.input('index', [18, roiEntries], 'int64'), weight: graph.input('weight', [18, roiEntries]) },
    { index: graph.input('back_index', [64, most], 'int64'), weight: graph.input('back_weight', [64, most]) },
  )
  const outputs: Record<string, Value> = { rois }
  gradients(sum(square(rois)), graph.parameters).forEach((g, i) => (outputs[`d ${graph.parameters[i].name}`] = g))
  const rng = random(4)
  const normal = (length: number) => Float32Array.from({ length }, () => 0.5 * rng.normal())
  const matrices = { index, weight, back_index: backIndex, back_weight: backWeight }
  const weights = layoutOf(graph.parameters).slots.map(({ name, size }) => [name, normal(size)] as const)
  return { graph, outputs, numbers: { image: normal(768), ...matrices, ...Object.fromEntries(weights) } }
}

async function compared(graph: Graph, outputs: Record<string, Value>, numbers: Record<string, Numbers>) {
  const run = async (provider: string) => (await graphSession(graph, outputs, { provider })).run(numbers)
  const [cpu, gpu] = [await run('cpu'), await run('webgpu')]
  return (name: string) => {
    const [a, b] = [cpu[name].data as Float32Array, gpu[name].data as Float32Array]
    const size = a.reduce((m, v) => Math.max(m, Math.abs(v)), 0)
    if (size === 0) throw new Error(`${name} is all zeros, which compares nothing.`)
    const off = a.reduce((m, v, i) => Math.max(m, Number.isFinite(b[i]) ? Math.abs(v - b[i]) : Infinity), 0)
    return { absolute: off, relative: off / size, name }
  }
}

async function onBoth(training: boolean) {
  const { graph, outputs } = network(training)
  return compared(graph, outputs, feeds(graph))
}

async function answer(): Promise<WebGpuAnswer> {
  const [encoder, training] = [await onBoth(false), await onBoth(true)]
  const parts = stemParts()
  const ofPart = await compared(parts.graph, parts.outputs, parts.numbers)
  const names = Object.keys(network(true).outputs).filter((name) => name.startsWith('d '))
  return {
    encoder: encoder('nuclei').absolute,
    tokens: training('nuclei').absolute,
    gradients: Object.fromEntries(names.map((name) => [name.slice(2), training(name).relative])),
    stemParts: Object.fromEntries(Object.keys(parts.outputs).map((name) => [name, ofPart(name).relative])),
    // A graphics processor in software, on a busy machine, needs longer than the engine would wait.
    reason: inEnglish((await chooseProvider((name) => testProvider(name, 80))).reason),
  }
}

const send = (message: WebGpuAnswer | string) => process.send?.(message, () => process.exit(0))
answer().then(send, (error: unknown) => send(error instanceof Error ? error.message : String(error)))
