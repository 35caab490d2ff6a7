import { type SlideInfo, type Message, message } from '../../contract/index.ts'
import type { InkShares } from './ink.ts'

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
  /** Share of what counts as tissue that has the colours of pens. */
  readonly ink: InkShares
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
const minSharpShare = 0.7
/** Mean optical density of haematoxylin in tissue below which nuclei are hardly stained. */
const leastHaematoxylin = 0.05
/**
 * Mean optical density of both stains in tissue. Slides of CMU, TCGA, MoNuSAC, PUMA and Camelyon measured 0.42 to 0.95,
 * CoNSeP's pale ones 0.15 to 0.59; a picture of a camera that is exposed for fluorescence, 3.
 */
const usualDensity = { least: 0.32, most: 1.1 }
/** Shares of tissue above which pens were used (see ink.ts). */
const mostInk = { cool: 0.04, red: 0.05, black: 0.1 }
/** Largest difference between the RGB channels of glass under balanced light. */
const maxColourCast = 20
const leastTissueShare = 0.005
/** µm/px above which a nucleus is only a few pixels. Scans have 0.1 to 1. */
const coarsest = 1.2

/** Returns sentences for the user on what is unusual about a slide. */
export function findingsOf(
  { tissueShare, samples, focus, stains, ink, glass, nuclei }: SlideMeasurements,
  { mpp }: SlideInfo,
): Message[] {
  const findings: Message[] = []
  if (mpp && Math.max(mpp.x, mpp.y) > coarsest) findings.push(message('fitReduced', { mpp: mpp.x }))
  if (!mpp) findings.push(message('fitNoScale'))
  if (tissueShare < leastTissueShare) findings.push(message('fitEmpty', { tissue: 100 * tissueShare }))
  else if (samples === 0) findings.push(message('fitScattered'))
  if (focus && focus.sharpShare < minSharpShare)
    findings.push(message('fitBlurred', { blurred: Math.round(100 * (1 - focus.sharpShare)), sharpness: focus.median }))
  const density = stains ? stains.haematoxylin + stains.eosin : NaN
  const isDark = density > usualDensity.most
  if (isDark) findings.push(message('fitDark', { density }))
  else if (density < usualDensity.least) findings.push(message('fitPale', { density }))
  const inked = ink.cool + ink.red + ink.black
  if (!isDark && (ink.cool > mostInk.cool || ink.red > mostInk.red || ink.black > mostInk.black))
    findings.push(message('fitInk', { share: Math.round(100 * inked) }))
  if (stains && stains.haematoxylin < leastHaematoxylin)
    findings.push(message('fitStain', { density: stains.haematoxylin }))
  if (glass && Math.max(...glass) - Math.min(...glass) > maxColourCast)
    findings.push(message('fitGlass', { rgb: glass.map(Math.round) }))
  const size = nuclei?.micrometres ?? null
  // On a dark slide the blobs are no nuclei.
  if (size !== null && !isDark && (size < nucleusDiameter.least || size > nucleusDiameter.most))
    findings.push(message('fitNuclei', { diameter: size, ...nucleusDiameter, source: mpp?.source ?? null }))
  return findings
}
