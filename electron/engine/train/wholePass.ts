import { gradients } from '../../../models/autodiff.ts'
import { Graph, type Value } from '../../../models/graph/graph.ts'
import { weightsOf } from '../../../models/nn/parameters.ts'
import { nucleusVit, nucleusVitInputs } from '../../../models/nucleusVit/network.ts'
import { featureLoss } from '../../../models/nucleusVit/pretraining.ts'
import { add } from '../../../models/ops/elementwise.ts'
import { denseOf, gradientOf, trainedOf, trainingLoss } from './gradientPass.ts'
import type { GradientPass, PassOptions, TrainingFeeds } from './gradientPass.ts'
import type { GraphSession } from '../runtime/session.ts'
import { passSession, sessionPass } from './sessionPass.ts'

const kept = new Map<string, Promise<GraphSession>>()

/** Forward, loss and backward of the whole network as one graph, kept by architecture and method. */
export function wholeSession({
  config,
  classes,
  trained,
  measured = 0,
  lanes = 1,
}: Omit<PassOptions, 'model'>): Promise<GraphSession> {
  const { method } = trained
  const key = JSON.stringify([config, classes, method, measured, lanes])
  let made = kept.get(key)
  if (!made) {
    const graph = new Graph()
    const branchScale = graph.input('branch_scale', [2 * config.layers])
    const options = { branchScale, dense: denseOf(method) }
    const { nuclei, nucleusTokens } = nucleusVit(config, nucleusVitInputs(graph, config), options)
    const ofClasses = trainingLoss(config, nuclei, classes)
    const loss = measured > 0 ? add(ofClasses, featureLoss(nucleusTokens, 'measured', measured)) : ofClasses
    const parameters = trainedOf(graph, method)
    const outputs: Record<string, Value> = { loss }
    gradients(loss, parameters).forEach((g, i) => (outputs[gradientOf(parameters[i].name)] = g))
    made = passSession({ graph, outputs }, { lanes })
    kept.set(key, made)
  }
  return made
}

/** The fastest way to a gradient: every activation stays in memory until the way back. */
export async function wholePass(options: PassOptions): Promise<GradientPass<TrainingFeeds>> {
  const { model, trained } = options
  return sessionPass(await wholeSession(options), { trained, still: (name) => weightsOf(model, name) }, options)
}
