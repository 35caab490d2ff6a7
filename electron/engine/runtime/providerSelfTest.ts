import { gradients } from '../../../models/autodiff.ts'
import { Graph, type Value } from '../../../models/graph/graph.ts'
import { random } from '../../../models/nn/random.ts'
import { linear } from '../../../models/nn/linear.ts'
import { norm } from '../../../models/nn/norm.ts'
import { attention } from '../../../models/ops/attention.ts'
import { gelu } from '../../../models/ops/elementwise.ts'
import { reshape } from '../../../models/ops/shape.ts'
import { crossEntropy } from '../../../models/train/loss.ts'
import { layoutOf } from '../../../models/nn/parameters.ts'
import type { ProviderReport, SelfTestOutcome } from '../../contract/index.ts'
import { graphSession, type Numbers } from './session.ts'

/**
 * Self-test of one execution provider, run as `providerSelfTest <name>`. Runs a small transformer forward and backward
 * and compares it with the CPU. Sends a ProviderReport, or a sentence saying what failed.
 */
const [tokens, width, heads, classes] = [512, 192, 3, 4]
/** Milliseconds after which measuring stops. A software GPU takes seconds for one run. */
const enough = 500

function network(): { graph: Graph; outputs: Record<string, Value> } {
  const graph = new Graph()
  const x = graph.input('x', [tokens, width])
  const qkv = linear(norm(x, 'norm', 1e-6), 'qkv', 3 * width)
  const mixed = reshape(attention(reshape(qkv, [1, tokens, 3 * width]), heads, 0.1).y, [tokens, width])
  const loss = crossEntropy(
    linear(gelu(linear(mixed, 'fc1', 4 * width)), 'head', classes),
    graph.input('targets', [tokens, classes]),
  )
  const outputs: Record<string, Value> = { loss }
  gradients(loss, graph.parameters).forEach((g, i) => (outputs[`out ${graph.parameters[i].name}`] = g))
  return { graph, outputs }
}

export async function providerReport(provider: string): Promise<ProviderReport> {
  const { graph, outputs } = network()
  const layout = layoutOf(graph.parameters)
  const rng = random(1)
  const numbers = (size: number, scale: number) => Float32Array.from({ length: size }, () => scale * rng.normal())
  const feeds: Record<string, Numbers> = {
    x: numbers(tokens * width, 1),
    targets: new Float32Array(tokens * classes).fill(1 / (tokens * classes)),
  }
  for (const { name, size } of layout.slots) feeds[name] = numbers(size, 0.05)
  const measure = async (name: string) => {
    const session = await graphSession(graph, outputs, { provider: name })
    const result = await session.run(feeds)
    const began = performance.now()
    let fastest = Infinity // the second run still warms up
    for (let i = 0; i < 4 && performance.now() - began < enough; i++) {
      const started = performance.now()
      await session.run(feeds)
      fastest = Math.min(fastest, performance.now() - started)
    }
    return { result, seconds: fastest / 1000 }
  }
  const [reference, tested] = [await measure('cpu'), await measure(provider)]
  let difference = 0
  for (const name of Object.keys(outputs)) {
    const [a, b] = [reference.result[name].data as Float32Array, tested.result[name].data as Float32Array]
    const size = a.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-12)
    for (let i = 0; i < a.length; i++) {
      const off = Math.abs(a[i] - b[i]) / size
      if (!(off <= difference)) difference = Number.isNaN(off) ? Infinity : off
    }
  }
  return { difference, speed: reference.seconds / tested.seconds }
}

/** In a utility process of Electron. Its shell ends it once it has the outcome. */
const shell = (process as { parentPort?: { postMessage(outcome: SelfTestOutcome): void } }).parentPort
const provider = process.argv[2]
if ((process.send || shell) && provider) {
  const send = (outcome: SelfTestOutcome) =>
    shell ? shell.postMessage(outcome) : process.send?.(outcome, () => process.exit(0))
  providerReport(provider).then(send, (error: unknown) =>
    send(
      String(error instanceof Error ? error.message : error)
        .split('\n')[0]
        .slice(0, 300),
    ),
  )
}
