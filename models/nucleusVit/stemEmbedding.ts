import type { Graph, Value } from '../graph/graph.ts'
import { linear } from '../nn/linear.ts'
import { norm } from '../nn/norm.ts'
import { gelu } from '../ops/elementwise.ts'
import { mean } from '../ops/reduce.ts'
import { concat, reshape, transpose } from '../ops/shape.ts'
import { sparseMatMul } from '../ops/sparse.ts'
import { efficientNet, type FeatureStride } from '../stem/efficientNet.ts'
import { roiEntries } from '../stem/roiSamples.ts'
import { gridOf, layerNormEpsilon, roiSize, roiStrides, type NucleusVitConfig } from './config.ts'

/**
 * Everything that a convolutional stem changes in the nucleus ViT. Blocks, [CLS] and positions stay the same.
 * - Pixels are (RGB − 127)/128, as in the stem's own training (crop.ts).
 * - Patches are the cells of the stem's last map (stride 16), projected to the width by a linear layer, `patch_embed`.
 * - Nuclei are read by RoIAlign (3×3 bins, aligned, two samples per axis) from the maps of strides 4, 8 and 16. Each
 *   bin is projected to 48, 64 and 80 numbers (`roi_embed.<stride>`). Then follow linear, GELU, and linear to the
 *   width: `instance_embed.fc1`, `.fc2`.
 * - A head reads the nucleus's token, followed by the stem's own features: the mean over the bins of each map,
 *   normalised (`roi_norm.<stride>`). With few labels, more is learned from these features than from tokens.
 * - A crop may have any side divisible by 16: positions are in pixels, and no weight depends on the side.
 */
export interface StemEmbedding {
  /** [1, grid², D] */
  readonly patches: Value
  /** [1, N, D] */
  readonly nuclei: Value
  /** [N, F − D]: the stem's features, which a head reads beside the tokens */
  readonly features: Value
}

/** Reads the bins of all nuclei from one of the stem's maps: [1, C, cells, cells] → [9·N, C]. */
export type RoiReader = (map: Value, stride: (typeof roiStrides)[number]) => Value

/** Numbers per bin of each map after the projection, by stride. */
export const binWidths = { 4: 48, 8: 64, 16: 80 } as const

/** Names of the feeds that hold RoIAlign over the map of this stride, for the forward pass and for the gradient. */
export const roiFeedNames = (stride: number) => ({
  index: `roi${stride}_index`,
  weight: `roi${stride}_weight`,
  backIndex: `roi${stride}_back_index`,
  backWeight: `roi${stride}_back_weight`,
})

/**
 * RoIAlign as a product with sparse matrices that are fed. A graph without gradients does not ask for the `back` ones.
 */
export function fedRoiReader(graph: Graph, config: Pick<NucleusVitConfig, 'imageSize'>): RoiReader {
  const rows = `${roiSize * roiSize}*N`
  const matrices = new Map(
    roiStrides.map((stride) => {
      const name = roiFeedNames(stride)
      const cells = (config.imageSize / stride) ** 2
      const most = `K${stride}`
      return [
        stride,
        {
          forward: {
            index: graph.input(name.index, [rows, roiEntries], 'int64'),
            weight: graph.input(name.weight, [rows, roiEntries]),
          },
          back: {
            index: graph.input(name.backIndex, [cells, most], 'int64'),
            weight: graph.input(name.backWeight, [cells, most]),
          },
        },
      ]
    }),
  )
  return (map, stride) => {
    const { forward, back } = matrices.get(stride)!
    return sparseMatMul(cellRows(map), forward, back)
  }
}

/** One row for each cell of a map: [1, C, H, W] → [H·W, C]. */
export function cellRows(map: Value): Value {
  const [, channels, height, width] = map.shape as readonly number[]
  return reshape(transpose(map, [0, 2, 3, 1]), [height * width, channels])
}

/** Embeds patches and nuclei; positions are not yet added. image: [1, 3, S, S] */
export function stemEmbedding(config: NucleusVitConfig, image: Value, readRois: RoiReader): StemEmbedding {
  const { width, stem } = config
  if (!stem) throw new Error('A network without a stem has no stem embedding.')
  const { graph } = image
  const maps = graph.scope('stem', () => efficientNet(image, stem))
  const grid = gridOf(config)
  const patches = reshape(linear(cellRows(maps[16]), 'patch_embed', width), [1, grid * grid, width])
  const bins = roiStrides.map((stride) => readRois(maps[stride as FeatureStride], stride))
  const perNucleus = (x: Value) => reshape(x, ['N', roiSize * roiSize, x.shape[1]])
  const embedded = bins.map((x, i) => perNucleus(linear(x, `roi_embed.${roiStrides[i]}`, binWidths[roiStrides[i]])))
  const all = concat(embedded, 2)
  const flat = reshape(all, ['N', roiSize * roiSize * (all.shape[2] as number)])
  const nuclei = graph.scope('instance_embed', () => linear(gelu(linear(flat, 'fc1', width)), 'fc2', width))
  const features = bins.map((x, i) => norm(mean(perNucleus(x), [1]), `roi_norm.${roiStrides[i]}`, layerNormEpsilon))
  return { patches, nuclei: reshape(nuclei, [1, 'N', width]), features: concat(features, 1) }
}
