import { scaleDim, subtractDims, type Dim } from '../graph/dim.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { plainDense, type Dense } from '../nn/dense.ts'
import { linear } from '../nn/linear.ts'
import { norm } from '../nn/norm.ts'
import { attention } from '../ops/attention.ts'
import { add, gelu, mul, square, sub } from '../ops/elementwise.ts'
import { gemm, matMul } from '../ops/linear.ts'
import { mean, sum } from '../ops/reduce.ts'
import { concat, reshape, slice, transpose } from '../ops/shape.ts'
import { gridOf, layerNormEpsilon, mlpRatio, roiSize, type NucleusVitConfig } from './config.ts'
import { fedRoiReader, stemEmbedding, type RoiReader } from './stemEmbedding.ts'

/**
 * The nucleus ViT of "Learning Nuclei Representations with Masked Image Modelling": a Transformer over grid patches and
 * nucleus tokens. Scopes are the published checkpoints' parameter names. A pass takes one crop: N, its number of nuclei,
 * varies, and so nothing needs padding.
 */

/** Inputs for one crop, as crop.ts makes them. */
export interface NucleusVitInputs {
  /** [1, 3, S, S] normalised pixels */
  readonly image: Value
  /** [1, 9·N, grid²]: RoIAlign as a matrix. With a stem: a function that reads the stem's maps. */
  readonly roi: Value | RoiReader
  /** [grid², D] */
  readonly patchPositions: Value
  /** [1, N, D] */
  readonly nucleusPositions: Value
}

export interface NucleusVitOptions {
  /** Factors of the 2·layers residual branches, [2·layers]: 1, or with drop path (Huang et al. 2016) 0 or 1/(1−p). */
  readonly branchScale?: Value
  /**
   * Pre-training: 1 for each masked patch, else 0, [1, grid², 1]. Masked embeddings become `mask_token` before
   * positions are added and before RoIAlign, so that a nucleus token does not reveal what was masked under it.
   */
  readonly mask?: Value
  /**
   * Added to attention's scores in every block, [1, 1, 1, 1 + grid² + N]: 0 for a token that may be attended to,
   * strongly negative for one that no token may.
   */
  readonly visible?: Value
  /**
   * Pre-training with a stem: 1 for each masked nucleus, else 0, [1, N, 1]. Their embeddings become
   * `nucleus_mask_token` before positions are added. Without a stem, RoIAlign over masked patches does this.
   */
  readonly nucleusMask?: Value
  /**
   * How the linear layers of the blocks are computed: the two of attention, and those of the MLP. Default: plainDense.
   */
  readonly dense?: { readonly attention?: Dense; readonly mlp?: Dense }
}

export interface NucleusVitOutputs {
  /** [1, 1 + grid² + N, D]: [CLS], patches, nuclei, after the final LayerNorm */
  readonly tokens: Value
  /** [grid², D] */
  readonly patches: Value
  /** [N, D] */
  readonly nucleusTokens: Value
  /** [N, F], the input of a head: the nuclei's tokens, with a stem followed by its features (featureWidth). */
  readonly nuclei: Value
  /** Attention of each block, [1, heads, tokens, tokens]; rows are queries. Costs nothing unless it is fetched. */
  readonly attentions: readonly Value[]
}

export function nucleusVitInputs(graph: Graph, config: NucleusVitConfig): NucleusVitInputs {
  const { imageSize, width } = config
  const patches = gridOf(config) ** 2
  return {
    image: graph.input('image', [1, 3, imageSize, imageSize]),
    roi: config.stem ? fedRoiReader(graph, config) : graph.input('roi', [1, `${roiSize * roiSize}*N`, patches]),
    patchPositions: graph.input('patch_positions', [patches, width]),
    nucleusPositions: graph.input('nucleus_positions', [1, 'N', width]),
  }
}

export function nucleusVit(
  config: NucleusVitConfig,
  inputs: NucleusVitInputs,
  options: NucleusVitOptions = {},
): NucleusVitOutputs {
  const { branchScale, dense, visible } = options
  const embedded = embedding(config, inputs, options)
  const scoreMask = embedded.scoreMask && visible ? add(embedded.scoreMask, visible) : (visible ?? embedded.scoreMask)
  let { x } = embedded
  const attentions: Value[] = []
  for (let layer = 0; layer < config.layers; layer++) {
    const ofLayer = branchScale && slice(branchScale, 0, 2 * layer, 2 * layer + 2)
    const done = block(config, x, layer, { scoreMask, branchScale: ofLayer, dense })
    x = done.x
    attentions.push(done.attention)
  }
  const final = finalTokens(config, x)
  return { ...final, nuclei: withFeatures(final.nucleusTokens, embedded.features), attentions }
}

/** Appends the stem's features, if there are any, to the nuclei's tokens. */
export const withFeatures = (nuclei: Value, features: Value | undefined): Value =>
  features ? concat([nuclei, features], 1) : nuclei

/** Everything the blocks take. */
export interface Embedded {
  /** The sequence [1 + grid² + N, D] */
  readonly x: Value
  /** Added to attention's scores, if nearer tokens count more. */
  readonly scoreMask?: Value
  /** With a stem, its features of the nuclei, which a head reads beside the tokens: [N, F − D]. */
  readonly features?: Value
}

export function embedding(
  config: NucleusVitConfig,
  inputs: NucleusVitInputs,
  { mask, nucleusMask }: Pick<NucleusVitOptions, 'mask' | 'nucleusMask'> = {},
): Embedded {
  const { width } = config
  const { graph } = inputs.image
  const sequenceOf = (patches: Value, nuclei: Value): Value => {
    const cls = add(graph.parameter('cls_token', [1, 1, width]), graph.parameter('cls_pos_embed', [1, 1, width]))
    const sequence = concat([cls, patches, nuclei], 1)
    return reshape(sequence, [sequence.shape[1], width])
  }
  const { roi } = inputs
  if (typeof roi === 'function') {
    const { patches, nuclei, features } = stemEmbedding(config, inputs.image, roi)
    if (!mask !== !nucleusMask)
      throw new Error('With a stem, nuclei are masked with the patches: their pixels would tell what is masked.')
    const shownPatches = mask ? masked(config, patches, mask, 'mask_token') : patches
    const shownNuclei = nucleusMask ? masked(config, nuclei, nucleusMask, 'nucleus_mask_token') : nuclei
    const x = sequenceOf(add(shownPatches, inputs.patchPositions), add(shownNuclei, inputs.nucleusPositions))
    return { x, features }
  }
  const withMatrix = { ...inputs, roi }
  const embedded = patchEmbedding(config, inputs.image)
  const patches = mask ? masked(config, embedded, mask, 'mask_token') : embedded
  const positioned = add(patches, inputs.patchPositions)
  const placed = config.nucleiOnPatches ? add(positioned, nucleiOnPatches(config, withMatrix)) : positioned
  const map = config.roiFeatures === 'after-positions' ? placed : patches
  const nuclei = add(nucleusEmbedding(config, map, withMatrix), inputs.nucleusPositions)
  const scoreMask = config.nearness ? nearness(config, withMatrix) : undefined
  return { x: sequenceOf(placed, nuclei), scoreMask }
}

/** Inputs of a network without a stem. */
type MatrixInputs = NucleusVitInputs & { readonly roi: Value }

export interface BlockOptions {
  /** Added to attention's scores. */
  readonly scoreMask?: Value
  /** Factors of the block's two residual branches, [2]. */
  readonly branchScale?: Value
  readonly dense?: NucleusVitOptions['dense']
}

/** One Transformer block, with parameters under `blocks.<layer>`. x: [tokens, D] → x and the block's attention. */
export function block(
  config: NucleusVitConfig,
  x: Value,
  layer: number,
  { scoreMask, branchScale, dense }: BlockOptions = {},
): { x: Value; attention: Value } {
  return x.graph.scope(`blocks.${layer}`, () => {
    const mixed = selfAttention(config, norm(x, 'norm1', layerNormEpsilon), scoreMask, dense?.attention)
    const middle = add(x, branch(mixed.y, branchScale, 0))
    const y = mlp(config, norm(middle, 'norm2', layerNormEpsilon), dense?.mlp)
    return { x: add(middle, branch(y, branchScale, 1)), attention: mixed.attention }
  })
}

/** Everything after the blocks: the final LayerNorm, and the parts of the sequence. x: [1 + grid² + N, D] */
export function finalTokens(config: NucleusVitConfig, x: Value): Omit<NucleusVitOutputs, 'attentions' | 'nuclei'> {
  const { width } = config
  const [count] = x.shape
  const first = 1 + gridOf(config) ** 2
  const tokens = reshape(norm(x, 'norm', layerNormEpsilon), [1, count, width])
  const rows = (start: Dim, end: Dim) => reshape(slice(tokens, 1, start, end), [subtractDims(end, start), width])
  return { tokens, patches: rows(1, first), nucleusTokens: rows(first, count) }
}

/** Convolution with stride = kernel size, as a matrix product: [1, 3, S, S] → [grid², 3·p·p] · Wᵀ → [1, grid², D]. */
function patchEmbedding(config: NucleusVitConfig, image: Value): Value {
  const { width, patchSize: p } = config
  const grid = gridOf(config)
  const cut = transpose(reshape(image, [1, 3, grid, p, grid, p]), [0, 2, 4, 1, 3, 5])
  const rows = reshape(cut, [grid * grid, 3 * p * p])
  const embedded = image.graph.scope('patch_embed.proj', () =>
    gemm(rows, reshape(image.graph.parameter('weight', [width, 3, p, p]), [width, 3 * p * p]), {
      transB: true,
      bias: image.graph.parameter('bias', [width]),
    }),
  )
  return reshape(embedded, [1, grid * grid, width])
}

/** Replaces the rows of x [1, n, D] where the mask [1, n, 1] is 1 by one learned token of this name. */
function masked({ width }: NucleusVitConfig, x: Value, mask: Value, name: string): Value {
  const { graph } = x
  const token = graph.parameter(name, [1, 1, width])
  return add(mul(x, sub(graph.scalar(1), mask)), mul(mask, token))
}

/**
 * RoIAlign to 3×3, then a 3×3 convolution to one vector: [1, grid², D] → [1, 9N, D] → [1, N, D].
 */
function nucleusEmbedding({ width }: NucleusVitConfig, map: Value, { roi }: MatrixInputs): Value {
  const bins = roiSize * roiSize
  const { graph } = map
  const features = reshape(matMul(roi, map), ['N', bins, width])
  const rows = reshape(transpose(features, [0, 2, 1]), ['N', width * bins])
  const embedded = graph.scope('instance_embed.proj', () =>
    gemm(rows, reshape(graph.parameter('weight', [width, width, roiSize, roiSize]), [width, width * bins]), {
      transB: true,
      bias: graph.parameter('bias', [width]),
    }),
  )
  return reshape(embedded, [1, 'N', width])
}

/**
 * How much of each of the 3×3 parts of nuclei lies on each patch, as vectors: [1, 9·N, grid²] → [1, grid², D]. Masked
 * patches get them too: the boxes are no secret, because the nucleus tokens carry them.
 */
function nucleiOnPatches({ width }: NucleusVitConfig, { roi }: MatrixInputs): Value {
  const bins = roiSize * roiSize
  const patches = roi.shape[2] as number
  const parts = sum(reshape(roi, [1, 'N', bins, patches]), [1])
  const rows = reshape(transpose(reshape(parts, [1, bins, patches]), [0, 2, 1]), [patches, bins])
  const embedded = roi.graph.scope('coverage_embed', () =>
    gemm(rows, roi.graph.parameter('weight', [width, bins]), { transB: true }),
  )
  return reshape(embedded, [1, patches, width])
}

/** Distances, in patches, over which attention falls by e^-½: in the first head, and in the last but one. */
const reach = [1, 4] as const

/**
 * −d²/2σ² for the distances d between the centres of all tokens, [1, heads, tokens, tokens], with a σ for each head
 * from `reach`. The last head ignores distance. [CLS] stands in the middle of the crop. A two-dimensional form of
 * ALiBi's linear biases (Press et al. 2022).
 */
function nearness(config: NucleusVitConfig, { roi }: MatrixInputs): Value {
  const { graph } = roi
  const patches = roi.shape[2] as number
  const { heads } = config
  const grid = gridOf(config)
  const middle = (grid - 1) / 2
  const places = Float32Array.from({ length: 2 * patches }, (_, i) =>
    i & 1 ? (i >> 1) % grid : Math.floor((i >> 1) / grid),
  )
  // RoIAlign with aligned = false reads half a patch too far down and to the right.
  const bins = matMul(roi, graph.constant('patch_places', places, [patches, 2]))
  const nuclei = sub(mean(reshape(bins, [1, 'N', roiSize * roiSize, 2]), [2]), graph.scalar(0.5))
  const fixed = Float32Array.from([middle, middle, ...places])
  const others = graph.constant('other_places', fixed, [1, 1 + patches, 2])
  const all = concat([others, nuclei], 1)
  const tokens = all.shape[1]
  const apart = sub(reshape(all, [1, 1, tokens, 1, 2]), reshape(all, [1, 1, 1, tokens, 2]))
  const slopes = Float32Array.from({ length: heads }, (_, h) => {
    const sigma = reach[0] * (reach[1] / reach[0]) ** (h / Math.max(1, heads - 2))
    return h === heads - 1 ? 0 : -1 / (2 * sigma ** 2)
  })
  return mul(sum(square(apart), [4]), graph.constant('nearness', slopes, [1, heads, 1, 1]))
}

/** Multi-head self-attention with biases on query and value but not on key (BEiT). x: [tokens, D] */
function selfAttention(
  { width, heads }: NucleusVitConfig,
  x: Value,
  mask: Value | undefined,
  dense = plainDense,
): { y: Value; attention: Value } {
  const { graph } = x
  const [tokens] = x.shape
  return graph.scope('attn', () => {
    const bias = concat(
      [
        graph.parameter('q_bias', [width]),
        graph.constant('no_k_bias', new Float32Array(width), [width]),
        graph.parameter('v_bias', [width]),
      ],
      0,
    )
    const qkv = reshape(dense(x, 'qkv', 3 * width, bias), [1, tokens, 3 * width])
    const { y, p } = attention(qkv, heads, (width / heads) ** -0.5, mask)
    return { y: dense(reshape(y, x.shape), 'proj', width, graph.parameter('proj.bias', [width])), attention: p }
  })
}

function mlp({ width }: NucleusVitConfig, x: Value, dense = plainDense): Value {
  const { graph } = x
  return graph.scope('mlp', () => {
    const hidden = dense(x, 'fc1', mlpRatio * width, graph.parameter('fc1.bias', [mlpRatio * width]))
    return dense(gelu(hidden), 'fc2', width, graph.parameter('fc2.bias', [width]))
  })
}

function branch(y: Value, scale: Value | undefined, index: number): Value {
  return scale ? mul(y, slice(scale, 0, index, index + 1)) : y
}

/** Classification: nuclei [N, F] → logits [N, classes]. */
export const classHead = (nuclei: Value, classes: number): Value => linear(nuclei, 'head', classes)

/** Pre-training: tokens of patches [n, D] → logits over visual tokens [n, vocabulary]. */
export const patchTokenHead = (patches: Value, vocabulary: number): Value => linear(patches, 'lm_head', vocabulary)

/** Pre-training: nucleus tokens [n, D] → logits of each nucleus's visual tokens, row by row, [each·n, vocabulary]. */
export function nucleusTokenHead(nuclei: Value, vocabulary: number, each: number): Value {
  const logits = linear(nuclei, 'insta_lm_head', each * vocabulary)
  return reshape(logits, [scaleDim(nuclei.shape[0], each), vocabulary])
}
