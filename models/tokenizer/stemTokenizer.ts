import type { Graph, Value } from '../graph/graph.ts'
import { roiSize, roiStrides } from '../nucleusVit/config.ts'
import { cellRows, fedRoiReader } from '../nucleusVit/stemEmbedding.ts'
import { mul, neg, square, sub } from '../ops/elementwise.ts'
import { gemm } from '../ops/linear.ts'
import { argMax, mean, sum } from '../ops/reduce.ts'
import { concat, reshape } from '../ops/shape.ts'
import { efficientNet, stemChannels, type StemName } from '../stem/efficientNet.ts'

/**
 * Visual tokens from the features of a frozen stem: the token of a patch is the nearest of K centroids of the stem's
 * stride-16 cells, that of a nucleus the nearest of K centroids of its pooled RoI features (issue 21; BEiT v2, Peng et
 * al. 2022, takes tokens from a teacher's features in a similar way). A nucleus has one token.
 */
export interface StemTokenizerConfig {
  readonly stem: StemName
  readonly patchVocabulary: number
  readonly nucleusVocabulary: number
  /** µm per pixel of the crops that the centroids were made from. */
  readonly mpp: number
}

/** What tokens are given to. */
export const tokenised = ['patch', 'nucleus'] as const
export type Tokenised = (typeof tokenised)[number]

/** Number of features of a patch, and of a nucleus. */
export function featureCounts(stem: StemName): Record<Tokenised, number> {
  const channels = stemChannels(stem)
  return { patch: channels[16], nucleus: roiStrides.reduce((total, stride) => total + channels[stride], 0) }
}

/** Returns the stem's features of a square crop, as rows: patches [cells², C], nuclei [N, C]. */
export function stemFeatures(graph: Graph, stem: StemName, side: number): Record<Tokenised, Value> {
  const maps = graph.scope('stem', () => efficientNet(graph.input('image', [1, 3, side, side]), stem))
  const read = fedRoiReader(graph, { imageSize: side })
  const pooled = roiStrides.map((stride) => {
    const bins = read(maps[stride], stride)
    return mean(reshape(bins, ['N', roiSize * roiSize, bins.shape[1]]), [1])
  })
  return { patch: cellRows(maps[16]), nucleus: concat(pooled, 1) }
}

/**
 * Returns the rows standardised, so that each feature counts the same. Parameters: `<what>.mean` and `<what>.scale` [C].
 */
export function standardised(rows: Value, what: Tokenised): Value {
  const { graph } = rows
  const width = rows.shape[1]
  return graph.scope(what, () => mul(sub(rows, graph.parameter('mean', [width])), graph.parameter('scale', [width])))
}

/** Returns the nearest centroid of each standardised row, int64 [rows]. Parameter: `<what>.codes` [K, C]. */
export function nearestCentroids(standard: Value, what: Tokenised, vocabulary: number): Value {
  const { graph } = standard
  const width = standard.shape[1]
  return graph.scope(what, () => {
    const codes = graph.parameter('codes', [vocabulary, width])
    // The nearest c maximises x·c − |c|²/2.
    const bias = neg(mul(graph.scalar(0.5), sum(square(codes), [1])))
    return argMax(gemm(standard, codes, { transB: true, bias }), 1)
  })
}

/** Returns the tokens of patches [cells²] and of nuclei [N], int64, and the standardised features of nuclei [N, C]. */
export function stemTokens(
  graph: Graph,
  config: StemTokenizerConfig,
  side: number,
): Record<Tokenised | 'features', Value> {
  const rows = stemFeatures(graph, config.stem, side)
  const features = standardised(rows.nucleus, 'nucleus')
  return {
    patch: nearestCentroids(standardised(rows.patch, 'patch'), 'patch', config.patchVocabulary),
    nucleus: nearestCentroids(features, 'nucleus', config.nucleusVocabulary),
    features,
  }
}
