import { gradients } from '../../../models/autodiff.ts'
import { Graph, type Value } from '../../../models/graph/graph.ts'
import { layoutOf, type ParameterLayout, type Weights } from '../../../models/nn/parameters.ts'
import type { NucleusVitConfig } from '../../../models/nucleusVit/config.ts'
import type { PretrainingLoss } from '../../contract/index.ts'
import type { MaskedCropFeeds } from './maskedFeeds.ts'
import { maskedImageModel, type PretrainingTargets } from '../../../models/nucleusVit/pretraining.ts'
import { add } from '../../../models/ops/elementwise.ts'
import { gradientOf, type GradientPass } from '../train/gradientPass.ts'
import { passSession, sessionPass } from '../train/sessionPass.ts'

/** Returns the layout of encoder, mask tokens and heads in every flat array. */
export const maskedLayout = (config: NucleusVitConfig, targets: PretrainingTargets): ParameterLayout =>
  layoutOf(maskedImageModel(new Graph(), config, targets).patchLogits.graph.parameters)

export interface MaskedPassOptions {
  readonly config: NucleusVitConfig
  readonly targets: PretrainingTargets
  readonly weights: Weights
  readonly losses: readonly PretrainingLoss[]
  /** Says whether a parameter is trained. The others get no gradient. */
  readonly trains: (name: string) => boolean
  /** How many crops of a step to compute at once. */
  readonly lanes: number
}

/**
 * Returns a pass that computes the sum of these losses and its gradient for one masked crop. The gradient of a head
 * without a loss is zero.
 */
export async function maskedPass({
  config,
  targets,
  weights,
  losses,
  trains,
  lanes,
}: MaskedPassOptions): Promise<GradientPass<MaskedCropFeeds & { readonly branch_scale: Float32Array }>> {
  const graph = new Graph()
  const branchScale = graph.input('branch_scale', [2 * config.layers])
  const model = maskedImageModel(graph, config, targets, branchScale)
  const parts: Record<PretrainingLoss, Value | undefined> = {
    patches: model.patchLoss,
    nuclei: model.nucleusLoss,
    measured: model.measuredLoss,
    surroundings: model.surroundingsLoss,
    views: model.viewLoss,
  }
  const loss = losses
    .map((name) => parts[name])
    .filter((part) => part !== undefined)
    .reduce((sum, part) => add(sum, part))
  const outputs: Record<string, Value> = { loss }
  const trained = graph.parameters.filter(({ name }) => trains(name))
  gradients(loss, trained).forEach((g, i) => (outputs[gradientOf(trained[i].name)] = g))
  const names = trained.map(({ name }) => name)
  return sessionPass(await passSession({ graph, outputs }, { lanes }), { trained: weights, names }, { lanes })
}
