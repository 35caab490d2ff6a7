import type { Random } from '../nn/random.ts'
import { gridOf, type NucleusVitConfig } from '../nucleusVit/config.ts'
import { cropAt, jitterColour, type AnnotatedImage, type ColourJitter } from './augment.ts'
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

/** A crop to be masked, with the images whose visual tokens are to be predicted. */
export interface MaskedCrop {
  /** The network's input, interleaved RGB. */
  readonly rgb: Uint8Array
  /** xmin, ymin, xmax, ymax per nucleus, crop pixels. */
  readonly boxes: Float32Array
  /** 1 for each masked patch, length grid² */
  readonly mask: Uint8Array
  /** Indices of the nuclei that count as masked. */
  readonly masked: Uint32Array
  /** (8·grid)² RGB */
  readonly patchPicture: Uint8Array
  /** [masked nuclei, 32, 32, 3] */
  readonly nucleusPictures: Uint8Array
}

/** Draws one augmented crop of the image, and its mask. */
export function drawMaskedCrop(
  image: AnnotatedImage,
  config: NucleusVitConfig,
  recipe: MaskedCropRecipe,
  rng: Random,
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
  const { rgb, boxes } = cropAt(image, geometry, side)
  const plain = recipe.targets === 'plain' ? rgb.slice() : rgb
  jitterColour(rgb, recipe.jitter, rng)
  return masked(config, rgb, plain, boxes, rng)
}

/**
 * Yields evenly spaced crops that cover the image at the model's own scale, masked but not augmented, for scoring. An
 * image smaller than one and a half crops gives one crop from its middle.
 */
export function* plainMaskedCrops(image: AnnotatedImage, config: NucleusVitConfig, rng: Random): Generator<MaskedCrop> {
  const side = config.imageSize
  const middles = (length: number): number[] => {
    const count = Math.max(1, Math.round(length / side))
    if (count === 1) return [length / 2]
    return Array.from({ length: count }, (_, i) => side / 2 + (i * (length - side)) / (count - 1))
  }
  for (const cy of middles(image.height))
    for (const cx of middles(image.width)) {
      const { rgb, boxes } = cropAt(image, { cx, cy, size: side, turns: 0, mirror: false }, side)
      yield masked(config, rgb, rgb, boxes, rng)
    }
}

function masked(
  config: NucleusVitConfig,
  rgb: Uint8Array,
  target: Uint8Array,
  boxes: Float32Array,
  rng: Random,
): MaskedCrop {
  const grid = gridOf(config)
  const mask = blockwiseMask(grid, rng)
  const chosen = maskedNuclei(boxes, mask, grid, config.patchSize)
  const theirs = Float32Array.from({ length: 4 * chosen.length }, (_, k) => boxes[4 * chosen[k >> 2] + (k & 3)])
  return {
    rgb,
    boxes,
    mask,
    masked: chosen,
    patchPicture: cropView(target, config.imageSize, pixelsPerToken * grid),
    nucleusPictures: nucleusViews(target, config.imageSize, theirs),
  }
}
