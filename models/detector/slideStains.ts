import { opticalDensity, ruifrokJohnston, unmixing, type StainVectors } from './stains.ts'

/** How one slide is stained: measured once, so that every region is judged alike and no seam shows. */
export interface SlideStains {
  readonly vectors: StainVectors
  /** Haematoxylin of strongly stained pixels (OD), the slide's unit of nuclear density. */
  readonly strength: number
}

/** A pixel is tissue above this total OD (summed over R, G, B); below it is glass. */
export const tissueDensity = 0.3

/**
 * Measures a slide's stains from samples of its pixels at the working resolution (interleaved RGB; many small
 * pictures of tissue, or one). `strength` is the 95th percentile of haematoxylin over tissue, kept within
 * `strengthLimits` so that a slide without nuclei does not make faint ones out of its background.
 */
export function measureStains(samples: readonly Uint8Array[], vectors: StainVectors = ruifrokJohnston): SlideStains {
  const [hr, hg, hb] = unmixing(vectors)
  const bins = new Uint32Array(2000) // OD 0…2
  let tissue = 0
  for (const rgb of samples)
    for (let k = 0; k + 2 < rgb.length; k += 3) {
      const r = opticalDensity[rgb[k]]
      const g = opticalDensity[rgb[k + 1]]
      const b = opticalDensity[rgb[k + 2]]
      if (r + g + b < tissueDensity) continue
      tissue++
      bins[Math.min(Math.max(Math.floor((hr * r + hg * g + hb * b) * 1000), 0), bins.length - 1)]++
    }
  let below = 0
  let bin = 0
  while (bin < bins.length - 1 && below + bins[bin] < 0.95 * tissue) below += bins[bin++]
  const strength = Math.min(Math.max((bin + 0.5) / 1000, strengthLimits.least), strengthLimits.most)
  return { vectors, strength }
}

/** OD; half and twice what the data this detector was fitted on show. */
export const strengthLimits = { least: 0.2, most: 1.2 } as const
