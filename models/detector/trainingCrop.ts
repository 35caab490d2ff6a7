import type { Random } from '../nn/random.ts'
import { blur as blurred, cropAt, jitterColour, placeInCrop, type ColourJitter } from '../train/augment.ts'
import { paintDust, paintFold, paintGlass, paintPen, paintRedCells } from './artefacts.ts'
import { cellSize } from './config.ts'
import { detectorTargets, type DetectorTargets, type TargetNucleus } from './targets.ts'

/** A picture at the detector's µm per pixel from which it learns. */
export interface DetectorPicture {
  readonly width: number
  readonly height: number
  /** interleaved RGB bytes */
  readonly rgb: Uint8Array
  readonly nuclei: readonly TargetNucleus[]
  /** Outlines of objects that are nuclei, but perhaps several or a part of one, flat x, y. */
  readonly clumps: readonly ArrayLike<number>[]
  /** Whether all nuclei have outlines; if not, they have dots. */
  readonly isOutlined: boolean
}

export interface DetectorAugmentation {
  /** Crop sides are drawn from 1/zoom … zoom times the usual side. */
  readonly zoom: number
  readonly jitter: ColourJitter
  /** Share of the crops that are blurred, and the range of the blur's deviation in pixels. */
  readonly blur: { readonly share: number; readonly deviation: readonly [number, number] }
  /** Shares of the crops with each kind of artefact. */
  readonly artefacts: {
    /** Glass with dust, pen or red cells, and nothing else. */
    readonly glass: number
    /** Blurred until no nucleus can be recognised: none is to be found. */
    readonly outOfFocus: number
    readonly pen: number
    readonly fold: number
    readonly redCells: number
  }
}

export const detectorAugmentation: DetectorAugmentation = {
  zoom: Math.exp(0.25),
  jitter: { stain: 0.35, brightness: 0.12, contrast: 0.2, density: [0.65, 1.3] },
  blur: { share: 0.3, deviation: [0.3, 1.2] },
  artefacts: { glass: 0.04, outOfFocus: 0.03, pen: 0.04, fold: 0.03, redCells: 0.05 },
}

export interface DetectorCrop {
  /** side·side·3 bytes */
  readonly rgb: Uint8Array
  readonly targets: DetectorTargets
}

/** Range of the blur's deviation at which nuclei can no longer be recognised, pixels. */
const outOfFocus = [5, 12] as const

/** Cuts a crop of a picture: rotated, mirrored, zoomed and recoloured, sometimes with an artefact. */
export function detectorCrop(
  picture: DetectorPicture,
  side: number,
  { zoom, jitter, blur, artefacts }: DetectorAugmentation,
  rng: Random,
): DetectorCrop {
  const size = Math.min(side * zoom ** rng.between(-1, 1), picture.width, picture.height)
  const geometry = {
    cx: rng.between(size / 2, picture.width - size / 2),
    cy: rng.between(size / 2, picture.height - size / 2),
    size,
    turns: rng.below(4),
    mirror: rng.next() < 0.5,
  }
  const kind = artefactOf(artefacts, rng.next())
  const { rgb } = cropAt({ ...picture, boxes: new Float32Array(0) }, geometry, side)
  const place = placeInCrop(geometry, side)
  const placed = (ring: ArrayLike<number>): Float64Array => {
    const moved = new Float64Array(ring.length)
    for (let i = 0; i < ring.length; i += 2) moved.set(place(ring[i], ring[i + 1]), i)
    return moved
  }
  let nuclei = picture.nuclei.flatMap(({ x, y, ring }): TargetNucleus[] => {
    const [u, v] = place(x, y)
    const isNear = u > -side / 8 && v > -side / 8 && u < side * (9 / 8) && v < side * (9 / 8)
    return isNear ? [{ x: u, y: v, ...(ring && { ring: placed(ring) }) }] : []
  })
  const n = side / cellSize
  const unknown = new Uint8Array(n * n)
  let { isOutlined } = picture
  let clumps = picture.clumps.map(placed)
  const empty = () => {
    unknown.fill(0)
    nuclei = []
    clumps = []
    isOutlined = true
  }
  const isUnder = (cells: Uint8Array, { x, y }: TargetNucleus) =>
    cells[Math.floor(y / cellSize) * n + Math.floor(x / cellSize)] === 1
  const without = (cells: Uint8Array) => (nuclei = nuclei.filter((nucleus) => !isUnder(cells, nucleus)))
  const hide = (cells: Uint8Array) => {
    without(cells)
    cells.forEach((is, i) => is && (unknown[i] = 1))
  }
  if (kind === 'glass') {
    paintGlass(rgb, side, rng)
    if (rng.next() < 0.5) paintDust(rgb, side, rng)
    if (rng.next() < 0.3) paintPen(rgb, side, rng)
    if (rng.next() < 0.3) paintRedCells(rgb, side, rng)
    empty()
  } else if (kind === 'redCells') paintRedCells(rgb, side, rng)
  else if (kind === 'fold') hide(paintFold(rgb, side, rng))
  else if (kind === 'pen') {
    const { cells, hides } = paintPen(rgb, side, rng)
    if (hides) without(cells)
    else hide(cells)
  }
  jitterColour(rgb, jitter, rng)
  if (kind === 'outOfFocus') {
    blurred(rgb, side, rng.between(...outOfFocus))
    empty()
  } else if (rng.next() < blur.share) blurred(rgb, side, rng.between(...blur.deviation))
  return { rgb, targets: detectorTargets(nuclei, side, { clumps, unknown, isOutlined }) }
}

type Artefact = keyof DetectorAugmentation['artefacts']

/** Chooses a crop's artefact, or none, by a number uniform in [0, 1). */
function artefactOf(shares: DetectorAugmentation['artefacts'], drawn: number): Artefact | undefined {
  let left = drawn
  for (const [name, share] of Object.entries(shares) as [Artefact, number][]) if ((left -= share) < 0) return name
  return undefined
}
