import { describe, expect, it } from 'vitest'
import { random } from '../../models/nn/random.ts'
import { layoutOf } from '../../models/nn/parameters.ts'
import { Graph } from '../../models/graph/graph.ts'
import type { DetectorConfig } from '../../models/detector/config.ts'
import { detectorDecoder, initialiseDecoder } from '../../models/detector/decoder.ts'
import { findStars } from '../../models/detector/findStars.ts'
import { holds, planRegions, regionSide, withSeam, workingScale } from '../../models/detector/grid.ts'
import { detectorInput } from '../../models/detector/input.ts'
import { detectorLoss } from '../../models/detector/loss.ts'
import { seamKeeper } from '../../models/detector/seams.ts'
import { innerPoint, rayLengths, starPolygon } from '../../models/detector/starShape.ts'
import { cellsIn, detectorTargets } from '../../models/detector/targets.ts'
import { detectorAugmentation, detectorCrop, type DetectorAugmentation } from '../../models/detector/trainingCrop.ts'
import { diceOf, detectionScore } from '../../models/metrics/detection.ts'
import { centroidOf } from '../../models/geometry/outline.ts'
import { polygonArea } from '../../models/geometry/hull.ts'
import { checkGradients } from '../support/checkGradients.ts'

const square = [0, 0, 10, 0, 10, 10, 0, 10]
/** An ellipse, flat x, y. */
const ellipse = (x: number, y: number, a: number, b = a, corners = 40) =>
  Float64Array.from({ length: 2 * corners }, (_, k) => {
    const angle = (2 * Math.PI * (k >> 1)) / corners
    return k % 2 ? y + b * Math.sin(angle) : x + a * Math.cos(angle)
  })

describe('a nucleus as a star', () => {
  it('has the exact distances to its outline', () => {
    const lengths = new Float32Array(8)
    expect(rayLengths(square, 4, 5, lengths)).toBe(true)
    const diagonal = (n: number) => n * Math.SQRT2
    const exact = [6, diagonal(5), 5, diagonal(4), 4, diagonal(4), 5, diagonal(5)]
    lengths.forEach((length, k) => expect(length).toBeCloseTo(exact[k], 4))
  })

  it('has the same distances whichever way round its outline goes', () => {
    const ring = ellipse(20, 30, 8, 5)
    const [a, b] = [new Float32Array(32), new Float32Array(32)]
    const turned = Float64Array.from({ length: ring.length }, (_, k) => ring[ring.length - 2 - 2 * (k >> 1) + (k % 2)])
    expect(rayLengths(ring, 21, 29, a) && rayLengths(turned, 21, 29, b)).toBe(true)
    a.forEach((length, k) => expect(length).toBeCloseTo(b[k], 4))
  })

  it('is refused around a point outside', () => {
    expect(rayLengths(square, 11, 5, new Float32Array(8))).toBe(false)
  })

  it('stops where a ray first leaves a bent outline', () => {
    const bent = [0, 0, 10, 0, 10, 2, 4, 2, 4, 8, 10, 8, 10, 10, 0, 10] // a C open to the right
    const lengths = new Float32Array(8)
    expect(rayLengths(bent, 2, 5, lengths)).toBe(true)
    expect(lengths[0]).toBeCloseTo(2, 5)
    const [x, y] = innerPoint(bent)
    expect(rayLengths(bent, x, y, lengths)).toBe(true)
  })

  it('comes back as an outline that covers the same area', () => {
    const ring = ellipse(30, 30, 9, 6)
    const lengths = new Float32Array(32)
    rayLengths(ring, 31, 30, lengths)
    expect(diceOf(ring, starPolygon(31, 30, lengths))).toBeGreaterThan(0.97)
  })
})

describe('what the detector is to learn of a crop', () => {
  it('is a peak at each centre and the distances around it', () => {
    const nuclei = [
      { x: 21, y: 33, ring: ellipse(21, 33, 8, 6) },
      { x: 50, y: 50 },
    ]
    const { positive, negative, rays, rayWeight, centres, rayCells } = detectorTargets(nuclei, 64, 32)
    expect(centres).toBe(2)
    expect([...positive.keys()].filter((i) => positive[i] === 1)).toEqual([16 * 32 + 10, 25 * 32 + 25])
    expect(negative[16 * 32 + 10]).toBe(0)
    expect(negative[16 * 32 + 11]).toBeLessThan(0.01)
    expect(negative[0]).toBe(1)
    // Cell (5, 8) of 4 px holds the first centre; the dot has no distances.
    expect(rayWeight[8 * 16 + 5]).toBeCloseTo(6 / 7, 1) // a mean radius of about 7 instead of the typical 6
    expect(rays[8 * 16 + 5]).toBeCloseTo(8, 1)
    expect(rays[8 * 16 + 4]).toBe(rays[8 * 16 + 5])
    expect(rayWeight[12 * 16 + 12]).toBe(0)
    expect(rayWeight.filter((weight) => weight > 0)).toHaveLength(rayCells)
    expect([...rays].every(Number.isFinite)).toBe(true)
  })

  it('leaves open what is not known', () => {
    const unknown = cellsIn([[10, 10, 30, 10, 30, 30, 10, 30]], 64)
    const { negative } = detectorTargets([], 64, 32, unknown)
    expect(negative[10 * 32 + 10]).toBe(0)
    expect(negative[3 * 32 + 3]).toBe(1)
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
  return { width, height, rgb, nuclei: [{ x, y, ring: ellipse(x, y, radius) }], ignored: [] }
}

describe('a crop of training', () => {
  it('has its nucleus where its picture shows it, however it is turned', () => {
    const picture = pictureOfDisc(140, 160, 9)
    for (let seed = 0; seed < 12; seed++) {
      const { rgb, targets } = detectorCrop(picture, 256, 32, plain, random(seed))
      const at = targets.positive.indexOf(1)
      expect(at).toBeGreaterThanOrEqual(0)
      const [x, y] = [2 * (at % 128) + 1, 2 * Math.floor(at / 128) + 1]
      const light = (u: number, v: number) => rgb[3 * (Math.round(v) * 256 + Math.round(u)) + 1]
      const far = light((x + 128) % 256, (y + 128) % 256)
      expect(light(x, y)).toBeLessThan(far - 40)
      // The outline lies where dark becomes light.
      const cell = Math.floor(y / 4) * 64 + Math.floor(x / 4)
      expect(targets.rayWeight[cell]).toBeGreaterThan(0)
      for (let k = 0; k < 32; k += 4) {
        const length = targets.rays[k * 64 * 64 + cell]
        const [dx, dy] = [Math.cos((k * Math.PI) / 16), Math.sin((k * Math.PI) / 16)]
        const inner = light(x + (length - 3) * dx, y + (length - 3) * dy)
        const outer = light(x + (length + 3) * dx, y + (length + 3) * dy)
        expect(inner).toBeLessThan(outer - 30)
      }
    }
  })

  it('of glass and of what is out of focus holds no nucleus', () => {
    for (const name of ['glass', 'outOfFocus'] as const) {
      const augmentation = { ...plain, artefacts: { ...plain.artefacts, [name]: 1 } }
      for (let seed = 0; seed < 5; seed++) {
        const { targets } = detectorCrop(pictureOfDisc(140, 160, 9), 256, 32, augmentation, random(seed))
        expect(targets.centres).toBe(0)
        expect(targets.negative.every((v) => v === 1)).toBe(true)
      }
    }
  })

  it('asks for no nucleus under a pen or in a fold', () => {
    for (const name of ['pen', 'fold'] as const) {
      const augmentation = { ...plain, artefacts: { ...plain.artefacts, [name]: 1 } }
      const counts = Array.from({ length: 30 }, (_, seed) => {
        const { targets } = detectorCrop(pictureOfDisc(150, 150, 9), 256, 32, augmentation, random(seed))
        return targets.centres
      })
      expect(counts).toContain(0)
      expect(counts).toContain(1)
    }
  })
})

describe('finding stars in the detector’s maps', () => {
  const columns = 32
  /** Maps with a peak at each cell, of this probability, and stars of this radius. */
  const maps = (peaks: readonly (readonly [x: number, y: number, p: number])[], radius = 6) => {
    const heat = new Float32Array(columns * columns).fill(-8)
    for (const [x, y, p] of peaks) heat[y * columns + x] = Math.log(p / (1 - p))
    return { columns, rows: columns, heat, rays: new Float32Array(32 * 16 * 16).fill(radius) }
  }

  it('gives each peak above the threshold its outline, the likeliest first', () => {
    const found = findStars(maps([[8, 8, 0.6], [20, 20, 0.9], [26, 6, 0.2]]), 0.35) // prettier-ignore
    expect(found.map(({ score }) => Math.round(score * 100))).toEqual([90, 60])
    expect(centroidOf(found[0].outline).map(Math.round)).toEqual([41, 41])
    expect(polygonArea(found[0].outline)).toBeCloseTo(Math.PI * 36, -0.5)
  })

  it('places a nucleus between two cells where its peak leans towards one of them', () => {
    const leaning = maps([[20, 20, 0.9], [21, 20, 0.8], [20, 19, 0.6]]) // prettier-ignore
    const [x, y] = centroidOf(findStars(leaning, 0.35)[0].outline)
    expect(x).toBeGreaterThan(41.4)
    expect(x).toBeLessThan(42)
    expect(y).toBeLessThan(40.9)
    expect(y).toBeGreaterThan(40)
  })

  it('takes two peaks for one nucleus where one star lies mostly under the other', () => {
    expect(findStars(maps([[10, 10, 0.9], [13, 10, 0.8]], 9), 0.35).length).toBe(1) // prettier-ignore
    expect(findStars(maps([[10, 10, 0.9], [16, 10, 0.8]], 6), 0.35).length).toBe(2) // prettier-ignore
  })

  it('takes one of equal neighbours', () => {
    expect(findStars(maps([[10, 10, 0.8], [11, 10, 0.8]]), 0.35).length).toBe(1) // prettier-ignore
  })

  it('keeps an outline where a distance is below zero', () => {
    const found = findStars(maps([[10, 10, 0.8]], -3), 0.35)
    expect(found.length).toBeLessThanOrEqual(1)
    expect(found.every(({ outline }) => [...outline].every(Number.isFinite))).toBe(true)
  })
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

  it('are read at 0.5 µm per pixel, in whole pixels where a slide has nearly that', () => {
    expect(workingScale(0.25)).toBe(2)
    expect(workingScale(0.499)).toBe(1)
    expect(workingScale(0.2305)).toBeCloseTo(2.169, 3)
    expect(workingScale(1)).toBe(0.5)
  })

  it('give a nucleus where they meet to one of them, whichever places it a little further on', () => {
    const [left, right] = planRegions(1200, 500).map(({ core }) => core)
    const keeper = seamKeeper()
    expect(keeper.isNew(left, 577, 100)).toBe(true)
    expect(keeper.isNew(left, 300, 100)).toBe(true)
    expect(keeper.isNew(right, 575.5, 101)).toBe(false)
    expect(keeper.isNew(right, 576.5, 120)).toBe(true)
    expect(holds(withSeam(right), 575.5, 101)).toBe(true)
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
  outlineWidth: 6,
  groups: 2,
  rays: 8,
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
      rays: numbers(config.rays * (side / 4) ** 2, () => rng.between(3, 9)),
      ray_weight: numbers((side / 4) ** 2, () => (rng.next() < 0.2 ? 1 : 0)),
      per_centre: Float64Array.of(0.1),
      per_ray: Float64Array.of(0.01),
    }
    return checkGradients(
      (graph) => {
        const features = [2, 4, 8, 16].map((stride, i) =>
          graph.input(`features.${i}`, [1, 3 + i, side / stride, side / stride]),
        )
        return detectorLoss(detectorDecoder(config, features), config, side)
      },
      { fixed, range: [-0.5, 0.5], sample: 3 },
    )
  })

  it('begin with a low heat everywhere and distances of a typical nucleus', () => {
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
    expect([...of('decoder.rays.bias')].every((v) => v === 1)).toBe(true)
    expect(of('decoder.level.1.0.depthwise.weight').every((v) => v !== 0)).toBe(true)
  })
})
