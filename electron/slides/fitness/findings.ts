import type { SlideInfo } from '../../contract/index.ts'

/** Properties of a slide, measured before a model sees it. All but the tissue share come from samples of tissue. */
export interface SlideMeasurements {
  /** Share of the slide's area that is not clean glass, 0 … 1. */
  readonly tissueShare: number
  /** Number of samples, each `sampleSide` × `sampleSide` pixels. */
  readonly samples: number
  /** µm/px of the samples; null if the scale is unknown and the slide's own pixels were used. */
  readonly sampleMpp: number | null
  /** Median sharpness() of the samples, and the share of them above `softSharpness`. null if there are no samples. */
  readonly focus: { readonly median: number; readonly sharpShare: number } | null
  /** Mean optical density of each stain in tissue (Ruifrok & Johnston's vectors), and of the residual. */
  readonly stains: { readonly haematoxylin: number; readonly eosin: number; readonly residual: number } | null
  /** Mean RGB of clean glass; null if the overview shows none. */
  readonly glass: readonly [number, number, number] | null
  /** Typical diameter of haematoxylin blobs (see blobs.ts). µm is null if the scale is unknown. */
  readonly nuclei: { readonly pixels: number; readonly micrometres: number | null } | null
}

/**
 * Plausible diameter of nuclei, µm. Haematoxylin blobs on CoNSeP, MoNuSAC, TCGA and CMU-1 slides measured 4 to 13 at
 * their true scale (touching nuclei count as one). A scale that is wrong by four or five times is noticed, one that is
 * wrong by two may not be.
 */
const nucleusDiameter = { least: 3.5, most: 15 }
/** Smallest share of samples that must be sharp. */
const leastSharp = 0.7
/** Mean optical density of haematoxylin in tissue below which nuclei are hardly stained. */
const leastHaematoxylin = 0.05
/** Largest difference between the RGB channels of glass under balanced light. */
const mostCast = 20
const leastTissueShare = 0.005
/** µm/px above which a nucleus is only a few pixels. Scans have 0.1 to 1. */
const coarsest = 1.2

/** Returns sentences for the user on what is unusual about a slide. */
export function findingsOf(
  { tissueShare, samples, focus, stains, glass, nuclei }: SlideMeasurements,
  { mpp }: SlideInfo,
): string[] {
  const findings: string[] = []
  if (mpp && Math.max(mpp.x, mpp.y) > coarsest)
    findings.push(`At ${mpp.x.toFixed(2)} µm/px nuclei are a few pixels: is this a reduced copy of the slide?`)
  if (!mpp) findings.push('The slide does not say how large its pixels are: give its µm per pixel.')
  if (tissueShare < leastTissueShare)
    findings.push(`Only ${(100 * tissueShare).toFixed(1)} % of the slide is tissue: it may be empty or unstained.`)
  else if (samples === 0) findings.push('The tissue is too small or too scattered to be measured.')
  if (focus && focus.sharpShare < leastSharp)
    findings.push(
      `${Math.round(100 * (1 - focus.sharpShare))} % of the samples are blurred (sharpness ${focus.median.toFixed(2)}): the ` +
        `scan may be out of focus, or enlarged from a smaller one.`,
    )
  if (stains && stains.haematoxylin < leastHaematoxylin)
    findings.push(`There is hardly any haematoxylin (mean density ${stains.haematoxylin.toFixed(2)}): is this H&E?`)
  if (glass && Math.max(...glass) - Math.min(...glass) > mostCast)
    findings.push(`The glass is coloured (RGB ${glass.map(Math.round).join(', ')}): the scanner's white is off.`)
  const size = nuclei?.micrometres ?? null
  if (size !== null && (size < nucleusDiameter.least || size > nucleusDiameter.most))
    findings.push(
      `Nuclei would measure ${size.toFixed(1)} µm, but they have ${nucleusDiameter.least} to ${nucleusDiameter.most}: the µm/px ` +
        `(${mpp?.source ?? 'unknown'}) may be wrong.`,
    )
  return findings
}
