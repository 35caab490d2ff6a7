import { scaleDim } from '../graph/dim.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { plainDense, type Dense } from '../nn/dense.ts'
import { linear } from '../nn/linear.ts'
import { norm } from '../nn/norm.ts'
import { attention } from '../ops/attention.ts'
import { add, gelu, mul, sub } from '../ops/elementwise.ts'
import { gemm, matMul } from '../ops/linear.ts'
import { concat, reshape, slice, transpose, unstack } from '../ops/shape.ts'
import { gridOf, layerNormEpsilon, mlpRatio, roiSize, tokensPerNucleus, type NucleusVitConfig } from './config.ts'

/**
 * The nucleus ViT of "Learning Nuclei Representations with Masked Image Modelling", one crop at a time: a Transformer
 * over grid patches and nucleus tokens. Scopes are the published checkpoints' parameter names. N, the number of nuclei
 * in the crop, is free: at batch 1 nothing is padded and nothing needs a mask.
 */

/** What is fed for one crop; numbers from crop.ts. */
export interface NucleusVitInputs {
  /** [3, S, S] normalised pixels */
  readonly image: Value
  /** [9·N, grid²] RoIAlign as a matrix */
  readonly roi: Value
  /** [grid², D] */
  readonly patchPositions: Value
  /** [N, D] */
  readonly nucleusPositions: Value
}

export interface NucleusVitOptions {
  /**
   * Factors of the 2·layers residual branches, shape [2·layers]: 1, or with drop path (Huang et al. 2016) 0 or 1/(1−p).
   */
  readonly branchScale?: Value
  /**
   * Pre-training: 1 for each masked patch, else 0, shape [grid², 1]. Their embeddings become `mask_token` before
   * positions are added and before RoIAlign, so that a nucleus does not tell what was masked under it.
   */
  readonly mask?: Value
  /** How the linear layers of the blocks are computed: attention's two, and the MLP's; plainDense where absent. */
  readonly dense?: { readonly attention?: Dense; readonly mlp?: Dense }
}

export interface NucleusVitOutputs {
  /** [1 + grid² + N, D]: [CLS], patches, nuclei, after the final LayerNorm */
  readonly tokens: Value
  /** [grid², D] */
  readonly patches: Value
  /** [N, D] */
  readonly nuclei: Value
  /** Attention of the last block, [heads, tokens, tokens] */
  readonly attention: Value
}

export function nucleusVitInputs(graph: Graph, config: NucleusVitConfig): NucleusVitInputs {
  const { imageSize, width } = config
  const patches = gridOf(config) ** 2
  return {
    image: graph.input('image', [3, imageSize, imageSize]),
    roi: graph.input('roi', [`${roiSize * roiSize}*N`, patches]),
    patchPositions: graph.input('patch_positions', [patches, width]),
    nucleusPositions: graph.input('nucleus_positions', ['N', width]),
  }
}

export function nucleusVit(
  config: NucleusVitConfig,
  inputs: NucleusVitInputs,
  options: NucleusVitOptions = {},
): NucleusVitOutputs {
  const { width, layers } = config
  const { graph } = inputs.image

  const embedded = patchEmbedding(config, inputs.image)
  const patches = options.mask ? masked(config, embedded, options.mask) : embedded
  const placed = add(patches, inputs.patchPositions)
  const cls = add(
    reshape(graph.parameter('cls_token', [1, 1, width]), [1, width]),
    reshape(graph.parameter('cls_pos_embed', [1, 1, width]), [1, width]),
  )
  const map = config.roiFeatures === 'after-positions' ? placed : patches
  const nuclei = add(nucleusEmbedding(config, map, inputs.roi), inputs.nucleusPositions)

  let x = concat([cls, placed, nuclei], 0)
  let lastAttention: Value = x
  for (let layer = 0; layer < layers; layer++)
    graph.scope(`blocks.${layer}`, () => {
      const mixed = selfAttention(config, norm(x, 'norm1', layerNormEpsilon), options.dense?.attention)
      lastAttention = mixed.attention
      x = add(x, branch(mixed.y, options.branchScale, 2 * layer))
      x = add(
        x,
        branch(mlp(config, norm(x, 'norm2', layerNormEpsilon), options.dense?.mlp), options.branchScale, 2 * layer + 1),
      )
    })
  const tokens = norm(x, 'norm', layerNormEpsilon)
  const first = 1 + gridOf(config) ** 2
  return {
    tokens,
    patches: slice(tokens, 0, 1, first),
    nuclei: slice(tokens, 0, first, tokens.shape[0]),
    attention: lastAttention,
  }
}

/** Convolution of stride = size as a product: [3, S, S] → [grid², 3·p·p] · Wᵀ → [grid², D]. */
function patchEmbedding(config: NucleusVitConfig, image: Value): Value {
  const { width, patchSize: p } = config
  const grid = gridOf(config)
  const cut = transpose(reshape(image, [3, grid, p, grid, p]), [1, 3, 0, 2, 4])
  const rows = reshape(cut, [grid * grid, 3 * p * p])
  return image.graph.scope('patch_embed.proj', () =>
    gemm(rows, reshape(image.graph.parameter('weight', [width, 3, p, p]), [width, 3 * p * p]), {
      transB: true,
      bias: image.graph.parameter('bias', [width]),
    }),
  )
}

/** Rows where the mask is 1 become the one learned token. */
function masked({ width }: NucleusVitConfig, patches: Value, mask: Value): Value {
  const { graph } = patches
  const token = reshape(graph.parameter('mask_token', [1, 1, width]), [1, width])
  return add(mul(patches, sub(graph.scalar(1), mask)), mul(mask, token))
}

/** RoIAlign to 3×3, then a 3×3 convolution to one vector: [grid², D] → [9N, D] → [N, D]. */
function nucleusEmbedding(config: NucleusVitConfig, map: Value, roi: Value): Value {
  const { width } = config
  const bins = roiSize * roiSize
  const features = reshape(matMul(roi, map), ['N', bins, width])
  const rows = reshape(transpose(features, [0, 2, 1]), ['N', width * bins])
  return map.graph.scope('instance_embed.proj', () =>
    gemm(rows, reshape(map.graph.parameter('weight', [width, width, roiSize, roiSize]), [width, width * bins]), {
      transB: true,
      bias: map.graph.parameter('bias', [width]),
    }),
  )
}

/** Multi-head self-attention with biases on query and value, none on key (BEiT). x: [tokens, D] */
function selfAttention(
  { width, heads }: NucleusVitConfig,
  x: Value,
  dense = plainDense,
): { y: Value; attention: Value } {
  const { graph } = x
  const tokens = x.shape[0]
  return graph.scope('attn', () => {
    const bias = concat(
      [
        graph.parameter('q_bias', [width]),
        graph.constant('no_k_bias', new Float32Array(width), [width]),
        graph.parameter('v_bias', [width]),
      ],
      0,
    )
    const qkv = dense(x, 'qkv', 3 * width, bias)
    const [q, k, v] = unstack(transpose(reshape(qkv, [tokens, 3, heads, width / heads]), [1, 2, 0, 3]))
    const { y, p } = attention(q, k, v, (width / heads) ** -0.5)
    const joined = reshape(transpose(y, [1, 0, 2]), [tokens, width])
    return { y: dense(joined, 'proj', width, graph.parameter('proj.bias', [width])), attention: p }
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

/** Classification: nucleus tokens [N, D] → logits [N, classes]. */
export const classHead = (nuclei: Value, classes: number): Value => linear(nuclei, 'head', classes)

/** Pre-training: tokens of patches [n, D] → logits over visual tokens [n, vocabulary]. */
export const patchTokenHead = (patches: Value, vocabulary: number): Value => linear(patches, 'lm_head', vocabulary)

/** Pre-training: nucleus tokens [n, D] → logits of each nucleus's 4×4 visual tokens, row by row, [16·n, vocabulary]. */
export function nucleusTokenHead(nuclei: Value, vocabulary: number): Value {
  const logits = linear(nuclei, 'insta_lm_head', tokensPerNucleus * vocabulary)
  return reshape(logits, [scaleDim(nuclei.shape[0], tokensPerNucleus), vocabulary])
}
