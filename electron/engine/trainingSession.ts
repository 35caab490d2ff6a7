import { gradients } from '../../models/autodiff.ts'
import { Graph, type Value } from '../../models/graph/graph.ts'
import type { NucleusVitConfig } from '../../models/nucleusVit/config.ts'
import { classHead, nucleusVit, nucleusVitInputs } from '../../models/nucleusVit/network.ts'
import { add } from '../../models/ops/elementwise.ts'
import { gemm } from '../../models/ops/linear.ts'
import { crossEntropy } from '../../models/train/loss.ts'
import { engineSession } from './providers.ts'
import type { GraphSession } from './session.ts'

export interface TrainingSession {
  readonly session: GraphSession
  readonly outputs: readonly string[]
}
const kept = new Map<string, Promise<TrainingSession>>()

/** Forward, loss and backward of the whole network as one graph. */
export function trainingSession(config: NucleusVitConfig, classes: number): Promise<TrainingSession> {
  const key = JSON.stringify([config, classes])
  let made = kept.get(key)
  if (!made) {
    made = (async () => {
      const graph = new Graph()
      const branchScale = graph.input('branch_scale', [2 * config.layers])
      const { nuclei } = nucleusVit(config, nucleusVitInputs(graph, config), { branchScale })
      const logits = classHead(nuclei, classes)
      const [weight, bias] = graph.parameters.slice(-2)
      const replayed = gemm(graph.input('replay_tokens', ['M', config.width]), weight, { transB: true, bias })
      const loss = add(
        crossEntropy(logits, graph.input('targets', ['N', classes])),
        crossEntropy(replayed, graph.input('replay_targets', ['M', classes])),
      )
      const grads = gradients(loss, graph.parameters)
      const outputs: Record<string, Value> = { loss }
      graph.parameters.forEach((p, i) => (outputs[`out ${p.name}`] = grads[i]))
      return { session: await engineSession(graph, outputs), outputs: graph.parameters.map((p) => p.name) }
    })()
    kept.set(key, made)
  }
  return made
}
