import type { SlideInfo } from '../../contract/index.ts'

/** What a slide is like, before a model sees it. Everything but the tissue share is measured on samples of tissue. */
export interface SlideMeasurements {
  /** Part of the slide's area that is no clean glass, 0 … 1. */
  readonly tissueShare: number
  /** Samples taken, of `sampleSide` pixels. */
  readonly samples: number
  /** µm per pixel of the samples; null where the slide's own pixels were taken, for its scale is unknown. */
  readonly sampleMpp: number | null
  /** sharpness() of the samples: their median, and the part of them above `softSharpness`. null without samples. */
  readonly focus: { readonly median: number; readonly sharpShare: number } | null
  /** Mean optical density of each stain in tissue (Ruifrok & Johnston's vectors), and what neither explains. */
  readonly stains: { readonly haematoxylin: number; readonly eosin: number; readonly residual: number } | null
  /** Mean RGB of clean glass, null where the overview shows none. */
  readonly glass: readonly [number, number, number] | null
  /** Diameter of what is stained by haematoxylin (see blobs.ts). µm null where the scale is unknown. */
  readonly nuclei: { readonly pixels: number; readonly micrometres: number | null } | null
}

/**
 * µm: blobs of haematoxylin on CoNSeP, MoNuSAC, TCGA and CMU-1 slides measured 4 to 13 at their true scale (touching
 * nuclei count as one), so that an error of four or five times stands out and one of two may not.
 */
const nucleusDiameter = { least: 3.5, most: 15 }
/** Part of samples that must be sharp. */
const leastSharp = 0.7
/** Mean optical density of haematoxylin in tissue below which nuclei are hardly stained. */
const leastHaematoxylin = 0.05
/** Most and least of the three channels of glass differ by less than this where the light was balanced. */
const mostCast = 20
const leastTissueShare = 0.005
/** µm/px beyond which a nucleus is a few pixels: scans have 0.1 to 1. */
const coarsest = 1.2

/** What is unusual about a slide, in sentences for a person. */
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
