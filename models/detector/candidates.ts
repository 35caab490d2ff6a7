import { boxMean, gaussianBlur } from './blur.ts'
import { componentTree, type ComponentTree } from './componentTree.ts'
import { measureCandidates, type Candidates, type Layers } from './features.ts'
import type { SlideStains } from './slideStains.ts'
import { separateStains } from './stains.ts'

/** Lengths in µm, levels in units of the slide's haematoxylin strength. Chosen by cross-validation (README.md). */
export const settings = {
  smoothing: 0.6,
  near: 4,
  far: 16,
  floor: 0.1,
  levelStep: 0.02,
  red: 0,
  sharpening: 0,
  sharpeningScale: 3,
}

export interface CandidateImage {
  readonly layers: Layers
  readonly tree: ComponentTree
  readonly candidates: Candidates
}

/** From pixels (interleaved RGB at `mpp` µm per pixel) to every region that could be a nucleus, measured. */
export function findCandidates(
  rgb: Uint8Array,
  width: number,
  height: number,
  mpp: number,
  stains: SlideStains,
): CandidateImage {
  const { haematoxylin, eosin, residual } = separateStains(rgb, width, height, stains.vectors)
  if (settings.red)
    for (let p = 0; p < haematoxylin.length; p++)
      haematoxylin[p] =
        (1 - settings.red) * haematoxylin[p] +
        settings.red * 2 * Math.max(0, -Math.log10(Math.max(1, rgb[3 * p]) / 255))
  for (const image of [haematoxylin, eosin, residual])
    for (let p = 0; p < image.length; p++) image[p] /= stains.strength
  const nuclear = gaussianBlur(haematoxylin, width, height, settings.smoothing / mpp)
  const near = boxMean(nuclear, width, height, Math.round(settings.near / mpp))
  const far = boxMean(nuclear, width, height, Math.round(settings.far / mpp))
  if (settings.sharpening) {
    const wide = gaussianBlur(haematoxylin, width, height, settings.sharpeningScale / mpp)
    for (let p = 0; p < nuclear.length; p++) nuclear[p] += settings.sharpening * (nuclear[p] - wide[p])
  }
  const layers = { width, height, mpp, nuclear, near, far, haematoxylin, eosin, residual }
  const levels = new Uint8Array(width * height)
  for (let p = 0; p < levels.length; p++)
    levels[p] = Math.min(Math.max(Math.floor((nuclear[p] - settings.floor) / settings.levelStep), 0), 255)
  const tree = componentTree(levels, width, height)
  return { layers, tree, candidates: measureCandidates(tree, layers, settings.levelStep, settings.floor) }
}
