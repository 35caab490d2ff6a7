import { message, type Message, type SlideInfo } from '../../contract/index.ts'
import { stainDistance, type StainSummary } from '../../../models/tissue/stainDistance.ts'
import type { SlideQuality } from './index.ts'

/** Something that speaks against finding or classifying nuclei on a slide, and what to do about it. */
export interface Misfit {
  readonly finding: Message
  readonly advice: Message
}

/** What is known of the nuclei that a slide already has. */
export interface NucleusSizes {
  readonly count: number
  /** Median of √(width · height) of their boxes, µm. */
  readonly diameter: number
}

/**
 * Plausible median of √(width · height) of nuclei, µm. In the 27 tiles of CoNSeP it is 2.5 to 7.9, 4.6 in the middle. So
 * most scales that are wrong by two are noticed.
 */
const usualMedian = { least: 3, most: 9.5 }
/** With fewer nuclei a median says little of the scale. */
const fewestNuclei = 50

const advices = {
  fitReduced: 'adviseOriginal',
  fitEmpty: 'adviseRightSlide',
  fitBlurred: 'adviseBlurred',
  fitStain: 'adviseStain',
  fitInk: 'adviseInk',
  fitNuclei: 'adviseScale',
} as const

/**
 * Returns what speaks against finding and classifying nuclei on a slide with a model: focus, scale, stain, ink. A stain
 * that the model knows from its training is no misfit, however pale or dark it is. Without a summary of the model's
 * training tiles, a dark slide is one, and the stain's distance is not known.
 * @param nuclei the nuclei that are to be classified; their size is a better measure of the scale than dark blobs
 */
export function misfitsOf(
  { findings, stains }: SlideQuality,
  { mpp }: Pick<SlideInfo, 'mpp'>,
  known?: StainSummary,
  nuclei?: NucleusSizes,
): Misfit[] {
  const hasSizes = nuclei !== undefined && nuclei.count >= fewestNuclei
  const distance = stains && known ? stainDistance(stains, known) : NaN
  const misfits: Misfit[] = []
  for (const finding of findings) {
    if (finding.key === 'fitNuclei' && hasSizes) continue
    if (finding.key === 'fitDark' && Number.isNaN(distance)) misfits.push({ finding, advice: message('adviseStain') })
    else if (finding.key in advices)
      misfits.push({ finding, advice: message(advices[finding.key as keyof typeof advices]) })
  }
  if (hasSizes && (nuclei.diameter < usualMedian.least || nuclei.diameter > usualMedian.most))
    misfits.push({
      finding: message('fitMedian', {
        diameter: nuclei.diameter,
        ...usualMedian,
        source: mpp?.source ?? null,
      }),
      advice: message('adviseScale'),
    })
  if (distance > 1) misfits.push({ finding: message('fitFar', { times: distance }), advice: message('adviseStain') })
  return misfits
}
