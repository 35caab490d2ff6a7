import type { Graph, Value } from '../graph/graph.ts'

import { add, gelu, mul, relu, sqrt, square, sub } from '../ops/elementwise.ts'
import { linear } from '../nn/linear.ts'
import { indexCrossEntropy } from '../ops/indexCrossEntropy.ts'
import { mean, sum } from '../ops/reduce.ts'
import { gemm } from '../ops/linear.ts'
import { gather, transpose } from '../ops/shape.ts'
import { gridOf, type NucleusVitConfig } from './config.ts'
import { nucleusTokenHead, nucleusVit, nucleusVitInputs, patchTokenHead } from './network.ts'

/** What is predicted in pre-training. */
export interface PretrainingTargets {
  /** Number of visual tokens that a patch can have, and a nucleus. */
  readonly patchVocabulary: number
  readonly nucleusVocabulary: number
  /** Visual tokens of one nucleus. */
  readonly perNucleus: number
  /** Measured features of each nucleus (regionMeasurements.ts); 0 = none are predicted. */
  readonly measured: number
  /** Features of each nucleus and its surroundings from the tokenizer's stem (surroundings.ts); 0 = none are predicted. */
  readonly surroundings: number
  /** Whether a nucleus is to be alike in two views of its crop. */
  readonly views: boolean
}

/** The arrays that one masked crop feeds in addition to CropFeeds. */
export interface MaskedFeeds {
  /** [1, grid², 1]: 1 for each masked patch */
  readonly mask: Float32Array
  /** [1, N, 1]: 1 for each masked nucleus; fed to networks with a stem only */
  readonly nucleus_mask?: Float32Array
  /** int64 [P]: indices of the masked patches */
  readonly masked_patches: BigInt64Array
  /** int64 [P]: their visual tokens */
  readonly patch_tokens: BigInt64Array
  /** [P]: weight of each in the loss */
  readonly patch_weights: Float32Array
  /** int64 [M]: indices of the nuclei that count as masked */
  readonly masked_nuclei: BigInt64Array
  /** int64 [perNucleus·M]: their visual tokens */
  readonly nucleus_tokens: BigInt64Array
  /** [perNucleus·M]: weight of each in the loss */
  readonly nucleus_weights: Float32Array
  /** [N, measured]: standardised measured features of all nuclei, if they are predicted */
  readonly measured?: Float32Array
  /** [N]: weight of each nucleus in their loss */
  readonly measured_weights?: Float32Array
  /** [N, surroundings] and [N]: the same for the features of nuclei and their surroundings, if they are predicted */
  readonly surroundings?: Float32Array
  readonly surroundings_weights?: Float32Array
  /** [N, viewWidth]: the nuclei in the other view of the crop, if views are compared */
  readonly other_view?: Float32Array
  /** [N, 1]: weight of each nucleus in the statistics of its view; they add up to 1 */
  readonly view_weights?: Float32Array
  /** [1]: weight of this loss */
  readonly view_share?: Float32Array
}

export interface MaskedImageModel {
  /** [P, patchVocabulary] and [perNucleus·M, nucleusVocabulary] */
  readonly patchLogits: Value
  readonly nucleusLogits: Value
  /** Weighted cross-entropies, scalars: the paper's L_patch and L_inst. Their sum is the paper's loss. */
  readonly patchLoss: Value
  readonly nucleusLoss: Value
  /** Weighted mean squared errors of features, scalars. Our own extensions; absent if those are not predicted. */
  readonly measuredLoss?: Value
  readonly surroundingsLoss?: Value
  readonly viewLoss?: Value
  /** What two views of a nucleus are to agree in, [N, viewWidth] */
  readonly views?: Value
}

/**
 * The paper's masked image modelling (section 2.3, equations 4 and 5): predicts the visual tokens of masked patches,
 * and of the nuclei on them, from what is visible. The token heads are applied to masked patches and nuclei only; the
 * heads of features are applied to all nuclei, so that the tokens of visible ones carry them too.
 */
export function maskedImageModel(
  graph: Graph,
  config: NucleusVitConfig,
  targets: PretrainingTargets,
  branchScale?: Value,
): MaskedImageModel {
  const mask = graph.input('mask', [1, gridOf(config) ** 2, 1])
  const nucleusMask = config.stem ? graph.input('nucleus_mask', [1, 'N', 1]) : undefined
  const { patches, nucleusTokens } = nucleusVit(config, nucleusVitInputs(graph, config), {
    mask,
    nucleusMask,
    branchScale,
  })
  const places = (name: string, symbol: string) => graph.input(name, [symbol], 'int64')
  const patchLogits = patchTokenHead(gather(patches, places('masked_patches', 'P')), targets.patchVocabulary)
  const masked = gather(nucleusTokens, places('masked_nuclei', 'M'))
  const nucleusLogits = nucleusTokenHead(masked, targets.nucleusVocabulary, targets.perNucleus)
  const loss = (logits: Value, what: string) => {
    const rows = logits.shape[0]
    const tokens = graph.input(`${what}_tokens`, [rows], 'int64')
    return sum(mul(indexCrossEntropy(logits, tokens), graph.input(`${what}_weights`, [rows])))
  }
  const views = targets.views ? viewHead(nucleusTokens) : undefined
  return {
    patchLogits,
    nucleusLogits,
    patchLoss: loss(patchLogits, 'patch'),
    nucleusLoss: loss(nucleusLogits, 'nucleus'),
    ...(targets.measured > 0 && { measuredLoss: featureLoss(nucleusTokens, 'measured', targets.measured) }),
    ...(targets.surroundings > 0 && {
      surroundingsLoss: featureLoss(nucleusTokens, 'surroundings', targets.surroundings),
    }),
    ...(views && { views, viewLoss: viewAgreement(views) }),
  }
}

/**
 * Mean squared error of features told by a linear head, `<what>_head`, from the nuclei's tokens [N, D]: a scalar. Feeds:
 * `<what>` [N, features] and `<what>_weights` [N], which add up to the weight of this loss.
 */
export function featureLoss(nuclei: Value, what: 'measured' | 'surroundings', features: number): Value {
  const { graph } = nuclei
  const error = sub(linear(nuclei, `${what}_head`, features), graph.input(what, ['N', features]))
  return sum(mul(mean(square(error), [1]), graph.input(`${what}_weights`, ['N'])))
}

/** Width in which two views of a nucleus are compared. */
const viewWidth = 256
/** Weight of the covariance beside the other two terms, as published (1 to 25). */
const covarianceWeight = 0.04

/** What two views of the nuclei [N, D] are compared in, [N, viewWidth]: two linear layers, `view_head`. */
const viewHead = (nuclei: Value): Value =>
  nuclei.graph.scope('view_head', () => linear(gelu(linear(nuclei, 'fc1', viewWidth)), 'fc2', viewWidth))

/**
 * Agreement of nuclei with the same nuclei in another view: VICReg (Bardes, Ponce and LeCun 2022), equations 1 to 6. The
 * other view is a fixed target, so that one pass holds one network; the terms that keep all nuclei from becoming alike
 * act on this view. Feeds: `other_view`, `view_weights`, `view_share`.
 * @param views [N, width]
 * @returns a scalar
 */
export function viewAgreement(views: Value): Value {
  const { graph } = views
  const width = views.shape[1] as number
  const weights = graph.input('view_weights', ['N', 1])
  const apart = mul(weights, square(sub(views, graph.input('other_view', ['N', width]))))
  const invariance = mul(sum(apart), graph.scalar(1 / width))
  const centred = sub(views, sum(mul(weights, views), [0], true))
  const weighted = mul(weights, centred)
  const variance = sum(mul(weighted, centred), [0])
  const deviation = sqrt(add(variance, graph.scalar(1e-4)))
  const spread = mean(relu(sub(graph.scalar(1), deviation)), [0])
  const covariance = gemm(transpose(weighted, [1, 0]), centred)
  const mixed = mul(sub(sum(square(covariance)), sum(square(variance))), graph.scalar(covarianceWeight / width))
  return sum(mul(add(add(invariance, spread), mixed), graph.input('view_share', [1])))
}
