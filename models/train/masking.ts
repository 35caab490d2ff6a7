import type { Random } from '../nn/random.ts'

/** Share of the patches that is masked (the authors' code; BEiT). */
const maskedPart = 0.4
/** Smallest number of patches in a block. */
const smallestBlock = 16
/** A block's height ÷ width lies between this and its inverse. */
const smallestAspect = 0.3
const triesPerBlock = 10

/**
 * Blockwise masking (Bao et al. 2022, algorithm 1): adds blocks of random size and aspect, which may overlap, until the
 * wanted share is masked or ten tries in a row add nothing. So a mask may be a few patches short, but never over.
 * @param grid patches per side
 * @returns 1 for each masked patch, length grid²
 */
export function blockwiseMask(grid: number, rng: Random, part = maskedPart): Uint8Array {
  const mask = new Uint8Array(grid * grid)
  const wanted = Math.floor(part * grid * grid)
  let count = 0
  while (count < wanted) {
    const added = addBlock(mask, grid, wanted - count, rng)
    if (added === 0) break
    count += added
  }
  return mask
}

function addBlock(mask: Uint8Array, grid: number, remaining: number, rng: Random): number {
  for (let tries = 0; tries < triesPerBlock; tries++) {
    const area = rng.between(smallestBlock, remaining)
    const aspect = Math.exp(rng.between(Math.log(smallestAspect), -Math.log(smallestAspect)))
    const height = Math.round(Math.sqrt(area * aspect))
    const width = Math.round(Math.sqrt(area / aspect))
    if (height >= grid || width >= grid) continue
    const top = rng.below(grid - height + 1)
    const left = rng.below(grid - width + 1)
    const fresh: number[] = []
    for (let row = top; row < top + height; row++)
      for (let at = row * grid + left; at < row * grid + left + width; at++) if (!mask[at]) fresh.push(at)
    if (fresh.length === 0 || fresh.length > remaining) continue
    for (const at of fresh) mask[at] = 1
    return fresh.length
  }
  return 0
}

/**
 * Returns the nuclei that count as masked: those whose box touches a masked patch.
 * @param boxes xmin, ymin, xmax, ymax per nucleus, crop pixels
 * @param patchSize crop pixels per patch
 */
export function maskedNuclei(boxes: ArrayLike<number>, mask: Uint8Array, grid: number, patchSize: number): Uint32Array {
  const cell = (pixel: number) => Math.min(Math.max(Math.floor(pixel / patchSize), 0), grid - 1)
  // A box that ends on a patch's border does not touch the next patch.
  const lastCell = (pixel: number) => cell(Math.ceil(pixel) - 1)
  const found: number[] = []
  for (let i = 0; i < boxes.length / 4; i++) {
    const [x0, y0, x1, y1] = [boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3]]
    const touched = () => {
      for (let row = cell(y0); row <= lastCell(y1); row++)
        for (let column = cell(x0); column <= lastCell(x1); column++) if (mask[row * grid + column]) return true
      return false
    }
    if (touched()) found.push(i)
  }
  return Uint32Array.from(found)
}
