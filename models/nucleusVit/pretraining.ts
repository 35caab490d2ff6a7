import type { Graph, Value } from '../graph/graph.ts'

import { mul } from '../ops/elementwise.ts'
import { indexCrossEntropy } from '../ops/indexCrossEntropy.ts'
import { sum } from '../ops/reduce.ts'
import { gather } from '../ops/shape.ts'
import { gridOf, tokensPerNucleus, type NucleusVitConfig } from './config.ts'
import { nucleusTokenHead, nucleusVit, nucleusVitInputs, patchTokenHead } from './network.ts'

/** The arrays that one masked crop feeds in addition to CropFeeds. */
export interface MaskedFeeds {
  /** [1, grid², 1]: 1 for each masked patch */
  readonly mask: Float32Array
  /** int64 [P]: indices of the masked patches */
  readonly masked_patches: BigInt64Array
  /** int64 [P]: their visual tokens */
  readonly patch_tokens: BigInt64Array
  /** [P]: weight of each in the loss */
  readonly patch_weights: Float32Array
  /** int64 [M]: indices of the nuclei that count as masked */
  readonly masked_nuclei: BigInt64Array
  /** int64 [16·M]: their visual tokens */
  readonly nucleus_tokens: BigInt64Array
  /** [16·M]: weight of each in the loss */
  readonly nucleus_weights: Float32Array
}

export interface MaskedImageModel {
  /** [P, vocabulary] and [16·M, vocabulary] */
  readonly patchLogits: Value
  readonly nucleusLogits: Value
  /** Weighted cross-entropies, scalars: the paper's L_patch and L_inst. Their sum is the loss. */
  readonly patchLoss: Value
  readonly nucleusLoss: Value
}

/**
 * The paper's masked image modelling (section 2.3, equations 4 and 5): predicts the visual tokens of masked patches,
 * and of the nuclei on them, from what is visible. The heads are applied to masked patches and nuclei only.
 */
export function maskedImageModel(
  graph: Graph,
  config: NucleusVitConfig,
  vocabulary: number,
  branchScale?: Value,
): MaskedImageModel {
  const mask = graph.input('mask', [1, gridOf(config) ** 2, 1])
  const { patches, nuclei } = nucleusVit(config, nucleusVitInputs(graph, config), { mask, branchScale })
  const places = (name: string, symbol: string) => graph.input(name, [symbol], 'int64')
  const patchLogits = patchTokenHead(gather(patches, places('masked_patches', 'P')), vocabulary)
  const nucleusLogits = nucleusTokenHead(gather(nuclei, places('masked_nuclei', 'M')), vocabulary)
  const loss = (logits: Value, what: string, rows: string) =>
    sum(mul(indexCrossEntropy(logits, places(`${what}_tokens`, rows)), graph.input(`${what}_weights`, [rows])))
  return {
    patchLogits,
    nucleusLogits,
    patchLoss: loss(patchLogits, 'patch', 'P'),
    nucleusLoss: loss(nucleusLogits, 'nucleus', `${tokensPerNucleus}*M`),
  }
}
