import { meanMpp, type RgbImage, type SlideReader, type Message } from '../../contract/index.ts'
import { separateStains } from '../../../models/tissue/stains.ts'
import { tissueMask } from '../../../models/tissue/tissueMask.ts'
import { blobDiameters, medianByArea } from './blobs.ts'
import { findingsOf, type SlideMeasurements } from './findings.ts'
import { sharpness } from './focus.ts'
import { inkShares } from './ink.ts'

/** What a slide is like, and what is unusual about it. */
export interface SlideQuality extends SlideMeasurements {
  /** In sentences; empty where nothing is unusual. */
  readonly findings: readonly Message[]
}

/** µm/px of the samples, so that slides can be compared: that of a 20× slide. */
const workingMpp = 0.5
const sampleSide = 256
/** Samples of a picture that is smaller than the usual ones. */
const leastSide = 64
const sampleCount = 24
/** Smallest share of tissue in a sample, by the overview. */
const leastTissue = 0.5
const overviewSide = 1500
/**
 * Sharpness below which a sample counts as blurred. At 0.5 µm/px, sharp scans measured 0.30 (JPEG 2000 at 0.19 µm/px)
 * to 0.44 (CoNSeP). Blurred by a Gaussian of 0.5 µm they measured 0.27–0.32, of 1 µm 0.26–0.27.
 */
export const softSharpness = 0.275

/** Measures a slide. Takes about a second: reads an overview and up to 24 samples. */
export async function slideQuality(reader: SlideReader): Promise<SlideQuality> {
  const { width, height, mpp } = reader.info
  const shrink = Math.max(1, Math.max(width, height) / overviewSide)
  const [w, h] = [width, height].map((side) => Math.max(1, Math.round(side / shrink)))
  const overview = await reader.region({ x: 0, y: 0, width, height }, w, h)
  const mask = tissueMask(overview.data, w, h)
  const slideMpp = mpp && meanMpp(mpp)
  const pictures = await readSamples(reader, overview, mask, slideMpp ? workingMpp / slideMpp : 1)

  const sharp = pictures.map(sharpness).filter((value) => !Number.isNaN(value))
  const separated = pictures.map(({ data, width, height }) => separateStains(data, width, height))
  const diameter = medianByArea(
    separated.flatMap((stains) => blobDiameters(stains.haematoxylin, stains.width, stains.height)),
  )
  const perSlidePixel = slideMpp ? workingMpp / slideMpp : 1
  const measured = {
    tissueShare: mask.reduce((sum, one) => sum + one, 0) / mask.length,
    samples: pictures.length,
    sampleMpp: slideMpp && workingMpp,
    focus: sharp.length
      ? { median: median(sharp), sharpShare: sharp.filter((value) => value >= softSharpness).length / sharp.length }
      : null,
    stains: separated.length
      ? {
          haematoxylin: meanOf(separated.map((stains) => mean(stains.haematoxylin))),
          eosin: meanOf(separated.map((stains) => mean(stains.eosin))),
          residual: meanOf(separated.map((stains) => mean(stains.residual.map(Math.abs)))),
        }
      : null,
    ink: inkShares(overview.data, mask),
    glass: glassColour(overview, mask),
    nuclei: Number.isNaN(diameter)
      ? null
      : { pixels: diameter * perSlidePixel, micrometres: slideMpp && diameter * workingMpp },
  }
  return { ...measured, findings: findingsOf(measured, reader.info) }
}

/** Reads squares of tissue spread over the slide. `scale`: level-0 pixels per sample pixel. */
async function readSamples(
  reader: SlideReader,
  overview: RgbImage,
  mask: Uint8Array,
  scale: number,
): Promise<RgbImage[]> {
  const { width, height } = reader.info
  const pixels = Math.min(sampleSide, Math.floor(Math.min(width, height) / scale))
  if (pixels < leastSide) return []
  const side = pixels * scale
  const shareAt = (x: number, y: number) => {
    const [left, right] = [x, x + side].map((at) => Math.round((at / width) * overview.width))
    const [top, bottom] = [y, y + side].map((at) => Math.round((at / height) * overview.height))
    let tissue = 0
    for (let row = top; row < bottom; row++)
      for (let column = left; column < right; column++) tissue += mask[row * overview.width + column]
    return tissue / Math.max(1, (right - left) * (bottom - top))
  }
  const places: [x: number, y: number][] = []
  for (let y = 0; y + side <= height; y += side)
    for (let x = 0; x + side <= width; x += side) if (shareAt(x, y) >= leastTissue) places.push([x, y])
  const count = Math.min(sampleCount, places.length)
  const pictures: RgbImage[] = []
  for (let k = 0; k < count; k++) {
    const [x, y] = places[Math.floor(((k + 0.5) * places.length) / count)]
    pictures.push(await reader.region({ x, y, width: side, height: side }, pixels, pixels))
  }
  return pictures
}

function glassColour({ data }: RgbImage, mask: Uint8Array): [number, number, number] | null {
  const sum = [0, 0, 0]
  let count = 0
  mask.forEach((isTissue, i) => {
    if (isTissue) return
    count++
    for (let c = 0; c < 3; c++) sum[c] += data[3 * i + c]
  })
  return count ? [sum[0] / count, sum[1] / count, sum[2] / count] : null
}

const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length
const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]
