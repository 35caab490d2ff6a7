import { chooseProvider, testProvider } from '../../../electron/engine/runtime/providers.ts'
import { graphSession, type Numbers } from '../../../electron/engine/runtime/session.ts'
import { gradients } from '../../../models/autodiff.ts'
import { Graph, type Value } from '../../../models/graph/graph.ts'
import { layoutOf } from '../../../models/nn/parameters.ts'
import { random } from '../../../models/nn/random.ts'
import { cropEncoder } from '../../../models/nucleusVit/crop.ts'
import { classHead, nucleusVit, nucleusVitInputs } from '../../../models/nucleusVit/network.ts'
import { crossEntropy, targets } from '../../../models/train/loss.ts'
import { smallConfig } from '../../support/colourNuclei.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'

/**
 * In a process of its own, because a driver may end it: a small nucleus ViT, plain and with a stem, on WebGPU and on the processor. Sends the
 * largest differences, absolute for tokens and relative to each gradient's size, or what failed.
 */
export interface WebGpuAnswer {
  readonly tokens: number
  readonly encoder: number
  readonly gradients: Record<string, number>
  /** The same of the network with a stem, its features among its tokens. */
  readonly stem: Pick<WebGpuAnswer, 'tokens' | 'encoder' | 'gradients'>
  /** What the engine says when it may choose its provider itself. */
  readonly reason: string
}

const classes = 3
const stemConfig: NucleusVitConfig = { ...smallConfig, roiFeatures: 'before-positions', stem: 'efficientnet-lite0' }
function network(config: NucleusVitConfig, training: boolean) {
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

function feeds(config: NucleusVitConfig, graph: Graph): Record<string, Numbers> {
  const rng = random(1)
  const rgb = Uint8Array.from({ length: 3 * config.imageSize ** 2 }, () => rng.below(256))
  const numbers: Record<string, Numbers> = {
    ...cropEncoder(config, { training: true }).encode(rgb, [3, 4, 20, 18, 30, 30, 50, 44.5, 0, 40, 12, 64]),
    targets: targets([0, 2, 1], 3, { classes }),
  }
  for (const { name, shape, size } of layoutOf(graph.parameters).slots) {
    // Convolutions that keep the size of what they see, so that a clipped ReLU lets half through.
    const deviation = shape.length === 4 && config.stem ? 1.4 / Math.sqrt(size / shape[0]) : 0.2
    numbers[name] = Float32Array.from({ length: size }, () => deviation * rng.normal())
  }
  return numbers
}

async function onBoth(config: NucleusVitConfig, training: boolean) {
  const { graph, outputs } = network(config, training)
  const numbers = feeds(config, graph)
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

async function compare(config: NucleusVitConfig) {
  const [encoder, training] = [await onBoth(config, false), await onBoth(config, true)]
  const names = Object.keys(network(config, true).outputs).filter((name) => name.startsWith('d '))
  return {
    encoder: encoder('nuclei').absolute,
    tokens: training('nuclei').absolute,
    gradients: Object.fromEntries(names.map((name) => [name.slice(2), training(name).relative])),
  }
}

async function answer(): Promise<WebGpuAnswer> {
  return {
    ...(await compare(smallConfig)),
    stem: await compare(stemConfig),
    // A graphics processor in software, on a busy machine, needs longer than the engine would wait.
    reason: (await chooseProvider((name) => testProvider(name, 80))).reason,
  }
}

const send = (message: WebGpuAnswer | string) => process.send?.(message, () => process.exit(0))
answer().then(send, (error: unknown) => send(error instanceof Error ? error.message : String(error)))
