import { describe, expect, it } from 'vitest'
import { random } from '../../models/nn/random.ts'
import { layoutOf } from '../../models/nn/parameters.ts'
import { Graph } from '../../models/graph/graph.ts'
import type { DetectorConfig } from '../../models/detector/config.ts'
import { detectorDecoder, initialiseDecoder } from '../../models/detector/decoder.ts'
import { findNuclei } from '../../models/detector/findNuclei.ts'
import { holds, planRegions, regionSide, withSeam, workingScale } from '../../models/detector/grid.ts'
import { detectorInput } from '../../models/detector/input.ts'
import { detectorLoss } from '../../models/detector/loss.ts'
import { seamKeeper } from '../../models/detector/seams.ts'
import { detectorTargets } from '../../models/detector/targets.ts'
import { detectorAugmentation, detectorCrop, type DetectorAugmentation } from '../../models/detector/trainingCrop.ts'
import { diceOf, detectionScore } from '../../models/metrics/detection.ts'
import { centroidOf, innerPoint } from '../../models/geometry/outline.ts'
import { polygonMask } from '../../models/geometry/polygonMask.ts'
import { polygonArea } from '../../models/geometry/hull.ts'
import { checkGradients } from '../support/checkGradients.ts'

const square = [0, 0, 10, 0, 10, 10, 0, 10]
/** An ellipse, flat x, y. */
const ellipse = (x: number, y: number, a: number, b = a, corners = 40) =>
  Float64Array.from({ length: 2 * corners }, (_, k) => {
    const angle = (2 * Math.PI * (k >> 1)) / corners
    return k % 2 ? y + b * Math.sin(angle) : x + a * Math.cos(angle)
  })

describe('what the detector is to learn of a crop', () => {
  const all = { isOutlined: true }

  it('is a peak at each centre, and what lies inside nuclei', () => {
    const nuclei = [
      { x: 21, y: 33, ring: ellipse(21, 33, 8, 6) },
      { x: 50, y: 50, ring: ellipse(50, 50, 3) },
    ]
    const { positive, negative, inside, centres, knownCells } = detectorTargets(nuclei, 64, all)
    expect(centres).toBe(2)
    expect([...positive.keys()].filter((i) => positive[i] === 1)).toEqual([16 * 32 + 10, 25 * 32 + 25])
    expect(negative[16 * 32 + 10]).toBe(0)
    expect(negative[16 * 32 + 11]).toBeLessThan(0.01)
    expect(negative[0]).toBe(1)
    expect(inside[16 * 32 + 10]).toBe(1)
    expect(inside[0]).toBe(0)
    // A cell has 4 px²; the nuclei have π·8·6 and π·3².
    expect(4 * inside.reduce((a, b) => a + b)).toBeCloseTo(Math.PI * (48 + 9), -1)
    expect(knownCells).toBe(32 * 32)
  })

  it('is a border where two nuclei touch', () => {
    const touching = [20, 40].map((x) => ({ x, y: 32, ring: [x - 10, 22, x + 10, 22, x + 10, 42, x - 10, 42] }))
    const { inside } = detectorTargets(touching, 64, all)
    const row = inside.subarray(16 * 32, 17 * 32)
    expect([row[10], row[14], row[15], row[20]]).toEqual([1, 0.5, 0.5, 1])
  })

  it('is only the peaks where nuclei are dots', () => {
    const { known, knownCells, centres } = detectorTargets([{ x: 20, y: 20 }], 64, { isOutlined: false })
    expect([centres, knownCells, known.some((one) => one > 0)]).toEqual([1, 0, false])
  })

  it('leaves open how many nuclei a clump is, but not that it is inside', () => {
    const clump = [10, 10, 30, 10, 30, 30, 10, 30]
    const { negative, inside, known } = detectorTargets([], 64, { isOutlined: true, clumps: [clump] })
    expect([negative[10 * 32 + 10], negative[3 * 32 + 3]]).toEqual([0, 1])
    expect([inside[10 * 32 + 10], known[10 * 32 + 10]]).toEqual([1, 1])
  })

  it('is nothing where it is unknown what is there', () => {
    const unknown = new Uint8Array(32 * 32)
    unknown[5 * 32 + 5] = 1
    const { negative, known } = detectorTargets([], 64, { isOutlined: true, unknown })
    expect([negative[5 * 32 + 5], known[5 * 32 + 5]]).toEqual([0, 0])
  })
})

const plain: DetectorAugmentation = {
  ...detectorAugmentation,
  zoom: 1.2,
  artefacts: { glass: 0, outOfFocus: 0, pen: 0, fold: 0, redCells: 0 },
}
/** A pale picture with one dark disc. */
function pictureOfDisc(x: number, y: number, radius: number) {
  const [width, height] = [300, 300]
  const rgb = new Uint8Array(3 * width * height).fill(230)
  for (let v = 0; v < height; v++)
    for (let u = 0; u < width; u++)
      if (Math.hypot(u + 0.5 - x, v + 0.5 - y) < radius) rgb.fill(60, 3 * (v * width + u), 3 * (v * width + u) + 3)
  return { width, height, rgb, nuclei: [{ x, y, ring: ellipse(x, y, radius) }], clumps: [], isOutlined: true }
}

describe('a crop of training', () => {
  it('has its nucleus where its picture shows it, however it is turned', () => {
    const picture = pictureOfDisc(140, 160, 9)
    for (let seed = 0; seed < 12; seed++) {
      const { rgb, targets } = detectorCrop(picture, 256, plain, random(seed))
      const at = targets.positive.indexOf(1)
      expect(at).toBeGreaterThanOrEqual(0)
      const [x, y] = [2 * (at % 128) + 1, 2 * Math.floor(at / 128) + 1]
      const light = (u: number, v: number) => rgb[3 * (Math.round(v) * 256 + Math.round(u)) + 1]
      const far = light((x + 128) % 256, (y + 128) % 256)
      expect(light(x, y)).toBeLessThan(far - 40)
      // What is inside is dark; a crop whose picture and targets are turned differently would mix both.
      const dark = [...targets.inside.keys()].filter((i) => targets.inside[i] === 1)
      expect(dark.length).toBeGreaterThan(30)
      const lights = dark.map((i) => light(2 * (i % 128) + 0.5, 2 * Math.floor(i / 128) + 0.5))
      expect(lights.reduce((sum, one) => sum + one) / lights.length).toBeLessThan(far - 80)
    }
  })

  it('of glass and of what is out of focus holds no nucleus', () => {
    for (const name of ['glass', 'outOfFocus'] as const) {
      const augmentation = { ...plain, artefacts: { ...plain.artefacts, [name]: 1 } }
      for (let seed = 0; seed < 5; seed++) {
        const { targets } = detectorCrop(pictureOfDisc(140, 160, 9), 256, augmentation, random(seed))
        expect(targets.centres).toBe(0)
        expect(targets.negative.every((v) => v === 1)).toBe(true)
      }
    }
  })

  it('asks for no nucleus under a pen or in a fold', () => {
    for (const name of ['pen', 'fold'] as const) {
      const augmentation = { ...plain, artefacts: { ...plain.artefacts, [name]: 1 } }
      const counts = Array.from({ length: 30 }, (_, seed) => {
        const { targets } = detectorCrop(pictureOfDisc(150, 150, 9), 256, augmentation, random(seed))
        return targets.centres
      })
      expect(counts).toContain(0)
      expect(counts).toContain(1)
    }
  })
})

describe('finding nuclei in the detector’s maps', () => {
  const columns = 32
  type Peaks = readonly (readonly [x: number, y: number, p: number])[]
  type Discs = readonly (readonly [x: number, y: number, radius: number])[]
  /** Maps with a peak at each cell, of this probability, and discs of nuclei around places in pixels. */
  const maps = (peaks: Peaks, discs: Discs) => {
    const heat = new Float32Array(columns * columns).fill(-8)
    for (const [x, y, p] of peaks) heat[y * columns + x] = Math.log(p / (1 - p))
    const inside = Float32Array.from({ length: columns * columns }, (_, i) => {
      const [u, v] = [2 * (i % columns) + 1, 2 * Math.floor(i / columns) + 1]
      return Math.max(...discs.map(([x, y, radius]) => 2 * (radius - Math.hypot(u - x, v - y))))
    })
    return { columns, rows: columns, heat, inside }
  }
  /** A grey picture with dark discs; without any, only the maps tell the outlines. */
  const picture = (discs: Discs = []) => ({
    width: 64,
    height: 64,
    rgb: Uint8Array.from({ length: 3 * 64 * 64 }, (_, i) => {
      const [u, v] = [(Math.floor(i / 3) % 64) + 0.5, Math.floor(i / 192) + 0.5]
      return discs.some(([x, y, radius]) => Math.hypot(u - x, v - y) < radius) ? 80 : 220
    }),
  })
  const found = (peaks: Peaks, discs: Discs, dark: Discs = []) =>
    findNuclei(maps(peaks, discs), picture(dark), 0.35, { rays: 32, mpp: 0.5 })

  it('gives each peak above the threshold its outline, the likeliest first', () => {
    const nuclei = found([[8, 8, 0.6], [20, 20, 0.9], [26, 6, 0.2]], [[17, 17, 6], [41, 41, 8]]) // prettier-ignore
    expect(nuclei.map(({ score }) => Math.round(score * 100))).toEqual([90, 60])
    expect(centroidOf(nuclei[0].outline).map(Math.round)).toEqual([41, 41])
    for (const [k, radius] of [8, 6].entries()) {
      const share = polygonArea(nuclei[k].outline) / (Math.PI * radius ** 2)
      expect(share).toBeGreaterThan(0.8)
      expect(share).toBeLessThan(1.05)
    }
  })

  it('outlines a nucleus well though its peak lies beside its centre', () => {
    const [{ outline }] = found([[21, 20, 0.9]], [[41, 41, 8]])
    expect(diceOf(outline, ellipse(41, 41, 8))).toBeGreaterThan(0.93)
  })

  it('moves an outline to the edge that the picture shows near by', () => {
    const [{ outline }] = found([[20, 20, 0.9]], [[41, 41, 6]], [[41.5, 40.5, 8]])
    expect(diceOf(outline, ellipse(41.5, 40.5, 8))).toBeGreaterThan(0.95)
  })

  it('keeps away from a stronger edge that is much further off', () => {
    const [{ outline }] = found([[20, 20, 0.9]], [[41, 41, 5]], [[41, 41, 20]])
    expect(polygonArea(outline)).toBeLessThan(Math.PI * 49)
  })

  it('places a peak between two cells where it leans towards one of them', () => {
    const disc = [[41.4, 40.7, 1]] as const
    const [leaning] = found([[20, 20, 0.9], [21, 20, 0.8], [20, 19, 0.6]], disc) // prettier-ignore
    const [x, y] = centroidOf(leaning.outline)
    expect(x).toBeGreaterThan(41.2)
    expect(y).toBeLessThan(41)
  })

  it('divides nuclei that have run together between their centres', () => {
    const nuclei = found([[13, 16, 0.9], [19, 16, 0.8]], [[27, 33, 8], [39, 33, 8]]) // prettier-ignore
    expect(nuclei).toHaveLength(2)
    for (const { outline } of nuclei) expect(polygonArea(outline)).toBeLessThan(1.15 * Math.PI * 64)
  })

  it('takes two peaks for one nucleus where one outline lies mostly under the other', () => {
    expect(found([[16, 16, 0.9], [19, 16, 0.8]], [[33, 33, 12]]).length).toBe(1) // prettier-ignore
  })

  it('takes one of equal neighbours', () => {
    expect(found([[10, 10, 0.8], [11, 10, 0.8]], [[21, 21, 6]]).length).toBe(1) // prettier-ignore
  })

  it('outlines a peak in a place that is hardly inside as a small nucleus', () => {
    const nuclei = findNuclei({ ...maps([[10, 10, 0.8]], []), inside: new Float32Array(1024).fill(-6) }, picture(), 0.35, { rays: 32, mpp: 0.5 }) // prettier-ignore
    expect(nuclei.every(({ outline }) => [...outline].every(Number.isFinite))).toBe(true)
  })
})

it('the inner point of an outline lies inside, even if its centroid does not', () => {
  const bent = [0, 0, 10, 0, 10, 2, 4, 2, 4, 8, 10, 8, 10, 10, 0, 10] // a C open to the right
  const [x, y] = innerPoint(bent)
  expect(polygonMask(bent, { x: Math.floor(x), y: Math.floor(y), width: 1, height: 1 })).toEqual(Uint8Array.of(1))
  expect(innerPoint(square)).toEqual([5, 5])
})

describe('the regions that a slide is searched in', () => {
  it('own each point once and read at most what the network sees', () => {
    for (const [width, height] of [
      [500, 500],
      [1200, 601],
      [577, 3],
      [2220, 2967],
    ] as const) {
      const regions = planRegions(width, height)
      const area = regions.reduce((n, { core }) => n + (core.right - core.x) * (core.bottom - core.y), 0)
      expect(area).toBe(width * height)
      for (const { core, read } of regions) {
        expect(holds(read, core.x, core.y) && holds(read, core.right - 1, core.bottom - 1)).toBe(true)
        expect(read.right - read.x).toBe(Math.min(regionSide, width))
        expect(read.bottom - read.y).toBe(Math.min(regionSide, height))
      }
    }
  })

  it('are read at the detector’s resolution, in whole pixels where a slide has nearly that', () => {
    expect(workingScale(0.25, 0.5)).toBe(2)
    expect(workingScale(0.499, 0.5)).toBe(1)
    expect(workingScale(0.2305, 0.5)).toBeCloseTo(2.169, 3)
    expect(workingScale(1, 0.5)).toBe(0.5)
    expect(workingScale(0.2, 0.4)).toBe(2)
  })

  it('give a nucleus where they meet to one of them, whichever places it a little further on', () => {
    const [left, right] = planRegions(1200, 500).map(({ core }) => core)
    const keeper = seamKeeper()
    expect(keeper.isNew(left, 561, 100)).toBe(true)
    expect(keeper.isNew(left, 300, 100)).toBe(true)
    expect(keeper.isNew(right, 559.5, 101)).toBe(false)
    expect(keeper.isNew(right, 560.5, 120)).toBe(true)
    expect(holds(withSeam(right), 559.5, 101)).toBe(true)
  })
})

describe('the detector’s input', () => {
  it('is mirrored beyond a small picture’s edges', () => {
    const image = detectorInput(Uint8Array.of(0, 0, 0, 255, 255, 255), 2, 1, 4)
    expect([...image.subarray(0, 4)]).toEqual([-127 / 128, 1, 1, -127 / 128])
    expect([...image.subarray(12, 16)]).toEqual([-127 / 128, 1, 1, -127 / 128])
  })
})

describe('the score of a detection', () => {
  it('counts all images as one', () => {
    const score = detectionScore([
      { matched: 3, missed: 1, invented: 0, dice: [0.9, 0.8, 0.7] },
      { matched: 1, missed: 0, invented: 2, dice: [0.6] },
    ])
    expect(score.precision).toBeCloseTo(4 / 6)
    expect(score.recall).toBeCloseTo(4 / 5)
    expect(score.f1).toBeCloseTo(8 / 11)
    expect(score.medianDice).toBeCloseTo(0.75)
  })

  it('has the Dice coefficient of two outlines', () => {
    expect(diceOf(square, square)).toBe(1)
    expect(diceOf(square, [5, 0, 15, 0, 15, 10, 5, 10])).toBeCloseTo(0.5, 2)
    expect(diceOf(square, [20, 0, 30, 0, 30, 10, 20, 10])).toBe(0)
  })
})

const config: DetectorConfig = {
  stem: 'efficientnet-lite0',
  width: 8,
  fineWidth: 4,
  groups: 2,
  rays: 8,
  mpp: 0.5,
}

describe('the decoder and its loss', () => {
  it('have gradients that equal central differences in float64', () => {
    const side = 32
    const rng = random(4) // with no kink of a ReLU within the steps of the differences
    const numbers = (length: number, make: () => number) => Float64Array.from({ length }, make)
    const fixed = {
      ...Object.fromEntries(
        [2, 4, 8, 16].map((stride, i) => [
          `features.${i}`,
          numbers((3 + i) * (side / stride) ** 2, () => rng.between(-1, 1)),
        ]),
      ),
      positive: numbers((side / 2) ** 2, () => (rng.next() < 0.05 ? 1 : 0)),
      negative: numbers((side / 2) ** 2, () => rng.next()),
      inside: numbers((side / 2) ** 2, () => rng.next()),
      known: numbers((side / 2) ** 2, () => (rng.next() < 0.8 ? 1 : 0)),
      per_centre: Float64Array.of(0.1),
      per_known: Float64Array.of(0.01),
    }
    return checkGradients(
      (graph) => {
        const features = [2, 4, 8, 16].map((stride, i) =>
          graph.input(`features.${i}`, [1, 3 + i, side / stride, side / stride]),
        )
        return detectorLoss(detectorDecoder(config, features), side)
      },
      { fixed, range: [-0.5, 0.5], sample: 3 },
    )
  })

  it('begin with a low heat everywhere', () => {
    const graph = new Graph()
    detectorDecoder(
      config,
      [2, 4, 8, 16].map((stride, i) => graph.input(`features.${i}`, [1, 3 + i, 32 / stride, 32 / stride])),
    )
    const layout = layoutOf(graph.parameters)
    const values = new Float32Array(layout.size)
    initialiseDecoder(layout, values, random(1))
    const of = (name: string) =>
      values.subarray(layout.slot(name).offset, layout.slot(name).offset + layout.slot(name).size)
    expect(1 / (1 + Math.exp(-of('decoder.heat.bias')[0]))).toBeCloseTo(0.02, 5)
    expect(of('decoder.level.1.0.depthwise.weight').every((v) => v !== 0)).toBe(true)
  })
})
