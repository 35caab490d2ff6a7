import { chooseProvider, testProvider } from '../../electron/engine/runtime/providers.ts'
import { graphSession, type Numbers } from '../../electron/engine/runtime/session.ts'
import { gradients } from '../../models/autodiff.ts'
import { Graph, type Value } from '../../models/graph/graph.ts'
import { layoutOf } from '../../models/nn/parameters.ts'
import { random } from '../../models/nn/random.ts'
import { cropEncoder } from '../../models/nucleusVit/crop.ts'
import { classHead, nucleusVit, nucleusVitInputs } from '../../models/nucleusVit/network.ts'
import { crossEntropy, targets } from '../../models/train/loss.ts'
import { smallConfig as config } from '../support/colourNuclei.ts'

/**
 * In a process of its own, because a driver may end it: a small nucleus ViT on WebGPU and on the processor. Sends the
 * largest differences, absolute for tokens and relative to each gradient's size, or what failed.
 */
export interface WebGpuAnswer {
  readonly tokens: number
  readonly encoder: number
  readonly gradients: Record<string, number>
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

async function onBoth(training: boolean) {
  const { graph, outputs } = network(training)
  const numbers = feeds(graph)
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

async function answer(): Promise<WebGpuAnswer> {
  const [encoder, training] = [await onBoth(false), await onBoth(true)]
  const names = Object.keys(network(true).outputs).filter((name) => name.startsWith('d '))
  return {
    encoder: encoder('nuclei').absolute,
    tokens: training('nuclei').absolute,
    gradients: Object.fromEntries(names.map((name) => [name.slice(2), training(name).relative])),
    // A graphics processor in software, on a busy machine, needs longer than the engine would wait.
    reason: (await chooseProvider((name) => testProvider(name, 80))).reason,
  }
}

const send = (message: WebGpuAnswer | string) => process.send?.(message, () => process.exit(0))
answer().then(send, (error: unknown) => send(error instanceof Error ? error.message : String(error)))
