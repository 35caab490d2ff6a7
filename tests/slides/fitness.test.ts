import { expect, it } from 'vitest'
import { inEnglish, message, type Message, type Mpp } from '../../electron/contract/index.ts'
import { misfitsOf, type NucleusSizes, type SlideQuality } from '../../electron/slides/index.ts'

const mpp: Mpp = { x: 0.25, y: 0.25, source: 'given by the user' }
const stains = { haematoxylin: 0.3, eosin: 0.2, residual: 0.05 }
const known = {
  tiles: Array.from({ length: 20 }, (_, k): [number, number, number] => [
    0.28 + 0.002 * k,
    0.2,
    0.05 + 0.001 * (k % 3),
  ]),
}
/** A slide with these findings. */
const slide = (findings: Message[], own = stains): SlideQuality => ({
  ...{ tissueShare: 0.4, samples: 20, sampleMpp: 0.5, focus: { median: 0.35, sharpShare: 1 }, stains: own },
  ...{ ink: { cool: 0, red: 0, black: 0 }, glass: null, nuclei: { pixels: 20, micrometres: 6 }, findings },
})
const keys = (quality: SlideQuality, stains = undefined as typeof known | undefined, sizes?: NucleusSizes) =>
  misfitsOf(quality, { mpp }, stains, sizes).map(({ finding }) => finding.key)

const pale = message('fitPale', { density: 0.2 })
const dark = message('fitDark', { density: 1.4 })
const blurred = message('fitBlurred', { blurred: 80, sharpness: 0.26 })
const wrongSize = message('fitNuclei', { diameter: 22, least: 3.5, most: 15, source: 'given by the user' })

it('a slide like the training tiles is fit, also if its stain is pale or dark', () =>
  expect(keys(slide([pale, dark]), known)).toEqual([]))
it('a stain unlike all training tiles is a misfit, and without known tiles a dark slide is one', () => {
  expect(keys(slide([], { haematoxylin: 0.3, eosin: 0.2, residual: 0.5 }), known)).toEqual(['fitFar'])
  expect(keys(slide([pale, dark]))).toEqual(['fitDark'])
})
it('focus and scale are misfits, each with what to do', () => {
  const misfits = misfitsOf(slide([blurred, wrongSize]), { mpp }, known)
  expect(misfits.map(({ finding }) => finding.key)).toEqual(['fitBlurred', 'fitNuclei'])
  expect(misfits.map(({ advice }) => inEnglish(advice))).toEqual([
    expect.stringContaining('Scan it again'),
    expect.stringContaining('true µm/px'),
  ])
})
it('where there are nuclei, their median size says whether the scale is right, and not the dark blobs', () => {
  const of = (diameter: number, count = 500) => keys(slide([wrongSize]), known, { count, diameter })
  expect(of(5)).toEqual([])
  expect(of(10)).toEqual(['fitMedian'])
  expect(of(2.2)).toEqual(['fitMedian'])
  expect(of(10, 12), 'a dozen nuclei say little').toEqual(['fitNuclei'])
})
