import type { Random } from '../nn/random.ts'
import { gridOf, type NucleusVitConfig } from '../nucleusVit/config.ts'
import { cropAt, jitterColour, type AnnotatedImage, type ColourJitter, type CropWithBoxes } from './augment.ts'
import { blockwiseMask, maskedNuclei } from './masking.ts'
import { cropView, nucleusViews, pixelsPerToken } from '../tokenizer/views.ts'

/** How crops for pre-training are drawn. */
export interface MaskedCropRecipe {
  /** Range of the crop's area relative to the network's input at the model's own scale; drawn uniformly. */
  readonly area: readonly [number, number]
  readonly jitter: ColourJitter
  /** Whether the tokenizer sees the crop as scanned, or as the network sees it (the authors' code). */
  readonly targets: 'plain' | 'jittered'
}

/** What a tokenizer looks at: pictures cut from the crop for patches and for nuclei, or the crop itself. */
export type SeenByTokenizer = 'pictures' | 'crop'

/** A crop to be masked, with what its visual tokens are made from. */
export interface MaskedCrop {
  /**
   * The network's input, interleaved RGB. For a network with a stem, masked patches have the mean colour of the others:
   * a stem's cells see further than one patch.
   */
  readonly rgb: Uint8Array
  /** The same before masking; the tokenizer sees this crop. */
  readonly target: Uint8Array
  /** xmin, ymin, xmax, ymax per nucleus, crop pixels. */
  readonly boxes: Float32Array
  /** Index of each nucleus among the image's boxes. */
  readonly index: Uint32Array
  /** 1 for each masked patch, length grid² */
  readonly mask: Uint8Array
  /** Indices of the nuclei that count as masked. */
  readonly masked: Uint32Array
  /** (8·grid)² RGB; empty if the tokenizer looks at the crop */
  readonly patchPicture: Uint8Array
  /** [masked nuclei, 32, 32, 3]; empty if the tokenizer looks at the crop */
  readonly nucleusPictures: Uint8Array
  /** The same crop with other colours and another mask, if it is asked for. */
  readonly second?: SecondView
}

/** Another view of a crop; the same nuclei at the same places. */
export type SecondView = Pick<MaskedCrop, 'rgb' | 'mask' | 'masked'>

/** Draws one augmented crop of the image, and its mask; with `twoViews` a second view of it, too. */
export function drawMaskedCrop(
  image: AnnotatedImage,
  config: NucleusVitConfig,
  recipe: MaskedCropRecipe,
  seen: SeenByTokenizer,
  rng: Random,
  { twoViews = false } = {},
): MaskedCrop {
  const side = config.imageSize
  const size = Math.min(side * Math.sqrt(rng.between(...recipe.area)), Math.max(image.width, image.height))
  const place = (length: number) => (length <= size ? length / 2 : rng.between(size / 2, length - size / 2))
  const geometry = {
    cx: place(image.width),
    cy: place(image.height),
    size,
    turns: rng.below(4),
    mirror: rng.next() < 0.5,
  }
  const crop = cropAt(image, geometry, side)
  const scanned = recipe.targets === 'plain' || twoViews ? crop.rgb.slice() : crop.rgb
  jitterColour(crop.rgb, recipe.jitter, rng)
  const first = masked(config, crop, recipe.targets === 'plain' ? scanned : crop.rgb, seen, rng)
  if (!twoViews) return first
  const rgb = scanned.slice()
  jitterColour(rgb, recipe.jitter, rng)
  const { mask, chosen, shown } = withMask(config, { ...crop, rgb }, rng)
  return { ...first, second: { rgb: shown, mask, masked: chosen } }
}

/**
 * Yields evenly spaced crops that cover the image at the model's own scale, masked but not augmented, for scoring. An
 * image smaller than one and a half crops gives one crop from its middle.
 */
export function* plainMaskedCrops(
  image: AnnotatedImage,
  config: NucleusVitConfig,
  seen: SeenByTokenizer,
  rng: Random,
): Generator<MaskedCrop> {
  const side = config.imageSize
  const middles = (length: number): number[] => {
    const count = Math.max(1, Math.round(length / side))
    if (count === 1) return [length / 2]
    return Array.from({ length: count }, (_, i) => side / 2 + (i * (length - side)) / (count - 1))
  }
  for (const cy of middles(image.height))
    for (const cx of middles(image.width)) {
      const crop = cropAt(image, { cx, cy, size: side, turns: 0, mirror: false }, side)
      yield masked(config, crop, crop.rgb, seen, rng)
    }
}

function masked(
  config: NucleusVitConfig,
  { rgb, boxes, index }: CropWithBoxes,
  target: Uint8Array,
  seen: SeenByTokenizer,
  rng: Random,
): MaskedCrop {
  const { grid, mask, chosen, shown } = withMask(config, { rgb, boxes }, rng)
  const theirs = Float32Array.from({ length: 4 * chosen.length }, (_, k) => boxes[4 * chosen[k >> 2] + (k & 3)])
  const cuts = seen === 'pictures'
  return {
    rgb: shown,
    target,
    boxes,
    index,
    mask,
    masked: chosen,
    patchPicture: cuts ? cropView(target, config.imageSize, pixelsPerToken * grid) : new Uint8Array(0),
    nucleusPictures: cuts ? nucleusViews(target, config.imageSize, theirs) : new Uint8Array(0),
  }
}

/** Draws a mask for a crop. `chosen`: indices of the masked nuclei; `shown`: what the network sees. */
function withMask(config: NucleusVitConfig, { rgb, boxes }: Pick<CropWithBoxes, 'rgb' | 'boxes'>, rng: Random) {
  const grid = gridOf(config)
  const mask = blockwiseMask(grid, rng)
  const chosen = maskedNuclei(boxes, mask, grid, config.patchSize)
  return { grid, mask, chosen, shown: config.stem ? withoutMasked(rgb, mask, config) : rgb }
}

/** Returns a copy of a crop in which masked patches have the mean colour of the visible ones. */
function withoutMasked(rgb: Uint8Array, mask: Uint8Array, { imageSize, patchSize }: NucleusVitConfig): Uint8Array {
  const grid = imageSize / patchSize
  const sums = [0, 0, 0]
  let visible = 0
  const eachPixel = (isMasked: number, visit: (at: number) => void): void => {
    for (let y = 0; y < imageSize; y++)
      for (let x = 0; x < imageSize; x++)
        if (mask[Math.floor(y / patchSize) * grid + Math.floor(x / patchSize)] === isMasked)
          visit(3 * (y * imageSize + x))
  }
  eachPixel(0, (at) => {
    visible++
    for (let c = 0; c < 3; c++) sums[c] += rgb[at + c]
  })
  const mean = sums.map((sum) => Math.round(sum / Math.max(1, visible)))
  const filled = rgb.slice()
  eachPixel(1, (at) => filled.set(mean, at))
  return filled
}
