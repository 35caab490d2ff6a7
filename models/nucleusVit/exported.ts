import { Graph, type Value } from '../graph/graph.ts'
import { onnxBytes } from '../graph/onnx.ts'
import { add, clip, log, mul, sub } from '../ops/elementwise.ts'
import { fourierCode, roiAlign, toFloat, toIndex } from '../ops/exporting.ts'
import { softmax } from '../ops/reduce.ts'
import { concat, gather, reshape, slice, transpose } from '../ops/shape.ts'
import { gridOf, pixelMean, pixelStd, roiSize, type NucleusVitConfig } from './config.ts'
import { classHead, nucleusVit } from './network.ts'
import { pixelPositions, positionTables } from './positions.ts'
import { stemPixel } from '../stem/efficientNet.ts'
import { roiSamplesPerAxis } from '../stem/roiSamples.ts'
import { leastUnsmoothed, type Scaling } from '../train/scaling.ts'
import type { RoiReader } from './stemEmbedding.ts'

/**
 * Returns a whole model as one plain ONNX file, from raw pixels to probabilities, for other programs to run.
 *
 * Inputs: `image` uint8 [S, S, 3] RGB; `boxes` float32 [N, 4], xmin, ymin, xmax, ymax in pixels of the crop.
 * Outputs: `probabilities` [N, classes]; `tokens` [N, D], or with a stem [N, F]: the tokens followed by its features.
 *
 * @param scaling the model's calibration, which then is in the file; without it probabilities are the softmax
 * @param weights all weights of the network and its head, by parameter name
 */
export function exportedModel(
  config: NucleusVitConfig,
  classes: number,
  weights: ReadonlyMap<string, Float32Array>,
  scaling?: Scaling,
): Uint8Array<ArrayBuffer> {
  const graph = new Graph()
  const { imageSize, patchSize, width } = config
  const grid = gridOf(config)
  const pixels = graph.input('image', [imageSize, imageSize, 3], 'uint8')
  const boxes = graph.input('boxes', ['N', 4])
  const { nuclei } = nucleusVit(config, {
    image: normalised(pixels, config),
    roi: config.stem ? roiReader(boxes, imageSize) : roiMatrix(boxes, grid, patchSize),
    patchPositions: graph.constant('patch_positions', positionTables(config).patches, [grid * grid, width]),
    nucleusPositions: nucleusPositions(config, boxes),
  })
  const logits = classHead(nuclei, classes)
  const probabilities = softmax(scaling ? scaled(logits, classes, scaling) : logits)
  return onnxBytes(graph, { outputs: { probabilities, tokens: nuclei }, weights, standardOnly: true })
}

/** probabilityRows() of train/scaling.ts without its last softmax, as a graph: [N, classes]. */
function scaled(logits: Value, classes: number, { temperature, bias, smoothing }: Scaling): Value {
  const { graph } = logits
  const scalar = (value: number) => graph.scalar(value)
  const z =
    smoothing === 0
      ? logits
      : log(
          clip(mul(sub(softmax(logits), scalar(smoothing / classes)), scalar(1 / (1 - smoothing))), leastUnsmoothed, 1),
        )
  return add(mul(z, scalar(1 / temperature)), graph.constant('calibration_bias', Float32Array.from(bias), [classes]))
}

/** [S, S, 3] bytes → [1, 3, S, S], normalised for the network. */
function normalised(pixels: Value, { stem }: NucleusVitConfig): Value {
  const { graph } = pixels
  const [side] = pixels.shape
  const planes = reshape(transpose(toFloat(pixels), [2, 0, 1]), [1, 3, side, side])
  const scale = graph.constant(
    'pixel_scale',
    pixelStd.map((std) => (stem ? stemPixel(1) - stemPixel(0) : 1 / (255 * std))),
    [3, 1, 1],
  )
  const shift = graph.constant(
    'pixel_shift',
    pixelStd.map((std, c) => (stem ? -stemPixel(0) : pixelMean[c] / std)),
    [3, 1, 1],
  )
  return sub(mul(planes, scale), shift)
}

/** Reads the stem's maps by RoIAlign: [9N, C]. Boxes are clipped to the crop. */
function roiReader(boxes: Value, imageSize: number): RoiReader {
  const inside = clip(boxes, 0, imageSize)
  return (map, stride) => {
    const bins = roiAlign(map, inside, roiSize, 1 / stride, { samples: roiSamplesPerAxis, aligned: true })
    return reshape(transpose(bins, [0, 2, 3, 1]), [`${roiSize * roiSize}*N`, map.shape[1]])
  }
}

/** RoIAlign as a matrix [1, 9N, grid²]: RoIAlign over one map per cell, each map 1 in its cell and 0 elsewhere. */
function roiMatrix(boxes: Value, grid: number, patchSize: number): Value {
  const cells = grid * grid
  const unit = new Float32Array(cells * cells)
  for (let cell = 0; cell < cells; cell++) unit[cell * cells + cell] = 1
  const maps = boxes.graph.constant('cells', unit, [1, cells, grid, grid])
  const features = roiAlign(maps, boxes, roiSize, 1 / patchSize)
  return reshape(transpose(features, [0, 2, 3, 1]), [1, `${roiSize * roiSize}*N`, cells])
}

/** The nuclei's positions of positions.ts, looked up or computed inside the graph: [1, N, D]. */
function nucleusPositions(config: NucleusVitConfig, boxes: Value): Value {
  const { graph } = boxes
  const { imageSize, width } = config
  const quarter = width / 4
  const [x0, y0, x1, y1] = [0, 1, 2, 3].map((k) => slice(boxes, 1, k, k + 1))
  const half = graph.scalar(0.5)
  const [x, y] = [mul(add(x0, x1), half), mul(add(y0, y1), half)]
  const [w, h] = [sub(x1, x0), sub(y1, y0)]
  if (config.positions === 'paper') {
    const side = graph.scalar(1 / imageSize)
    const codes = [x, y, w, h].map((t) => fourierCode(mul(t, side), quarter / 2))
    return reshape(concat(codes, 1), [1, 'N', width])
  }
  const { place, extent } = pixelPositions(config)
  const shape = [imageSize, quarter]
  const places = graph.constant('place_positions', place, shape)
  const extents = graph.constant('extent_positions', extent, shape)
  const at = (pixel: Value) => reshape(toIndex(pixel, imageSize - 1), ['N'])
  const looked = [gather(places, at(y)), gather(places, at(x)), gather(extents, at(h)), gather(extents, at(w))]
  return reshape(concat(looked, 1), [1, 'N', width])
}
