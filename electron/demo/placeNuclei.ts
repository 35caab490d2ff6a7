import type { DemoNucleus } from './demoNucleus.ts'
import { fibreDirection, type Maps } from './maps.ts'
import { gradientNoise } from './noise.ts'
import {
  apoptosis,
  epithelial,
  lymphocyte,
  mitosis,
  plasmaCell,
  shedCell,
  spindle,
  type NucleusKind,
} from './nucleusKinds.ts'
import { visitPixels, type NucleusShape } from './nucleusShape.ts'
import { random as seededRandom, type Random } from '../../models/nn/random.ts'
import type { Blob, Gland, Tissue } from './tissue.ts'

/** The pixels occupied by nuclei. No two nuclei share a pixel. */
class OccupiedPixels {
  private readonly taken: Uint8Array
  private readonly width: number
  private readonly height: number
  constructor(width: number, height: number) {
    this.width = width
    this.height = height
    this.taken = new Uint8Array(width * height)
  }

  /** Occupies the pixels of a shape and returns true, if it and a margin of `gap` px are free and inside the slide. */
  tryTake(shape: NucleusShape, gap: number): boolean {
    const pixels: number[] = []
    let free = true
    visitPixels(shape, 1 + gap / shape.b, (x, y, rho) => {
      const at = y * this.width + x
      free = x >= 1 && y >= 1 && x < this.width - 1 && y < this.height - 1 && this.taken[at] === 0
      if (rho <= 1.02) pixels.push(at)
      return free
    })
    if (!free) return false
    for (const at of pixels) this.taken[at] = 1
    return true
  }
}

/** Returns a point on a blob's edge, moved inwards by `depth`, and the direction inwards. */
function alongEdge(blob: Blob, turn: number, depth: number): { x: number; y: number; inwards: number; step: number } {
  const entry = (k: number) => {
    const at = ((Math.round(k) % blob.radius.length) + blob.radius.length) % blob.radius.length
    const angle = (2 * Math.PI * at) / blob.radius.length
    return [blob.x + blob.radius[at] * Math.cos(angle), blob.y + blob.radius[at] * Math.sin(angle)]
  }
  const k = turn * blob.radius.length
  const [x, y] = entry(k)
  const [xa, ya] = entry(k - 8)
  const [xb, yb] = entry(k + 8)
  const inwards = Math.atan2(yb - ya, xb - xa) + Math.PI / 2
  // Length of the edge per turn at this point.
  const step = (Math.hypot(xb - xa, yb - ya) / 16) * blob.radius.length
  return { x: x + depth * Math.cos(inwards), y: y + depth * Math.sin(inwards), inwards, step }
}

/** Places all nuclei of a tissue without overlaps. */
export function placeNuclei(tissue: Tissue, maps: Maps, seed: number): DemoNucleus[] {
  const { width, height } = tissue
  const random = seededRandom(seed)
  const crowding = gradientNoise(seed + 1)
  const occupied = new OccupiedPixels(width, height)
  const nuclei: DemoNucleus[] = []
  const place = (kind: NucleusKind, x: number, y: number, angle: number, gap = 1.5): boolean => {
    if (tissue.cover(x, y - 25) < 0.9) return false
    const nucleus = kind(random, x, y, angle)
    if (!occupied.tryTake(nucleus.shape, gap)) return false
    nuclei.push(nucleus)
    return true
  }

  for (const gland of tissue.glands) fillGland(gland, random, place)
  for (const vessel of tissue.vessels)
    for (let turn = random.between(0, 0.1); turn < 1;) {
      const edge = alongEdge(vessel, turn, -random.between(5, 8))
      place(spindle, edge.x, edge.y, edge.inwards + Math.PI / 2, 1)
      turn += random.between(62, 95) / edge.step
    }

  const density = (wanted: number) => Math.round((wanted * width * height) / (2560 * 1920))
  for (let tries = density(24000); tries > 0; tries--) {
    const x = random.between(0, width)
    const y = random.between(0, height)
    const at = Math.floor(y) * width + Math.floor(x)
    const inAggregate = maps.aggregates.distance[at] + 25 * crowding(x / 40, y / 40)
    if (maps.glands.distance[at] < 14 || maps.vessels.distance[at] < 14) continue
    if (inAggregate < 0) place(random.next() < 0.96 ? lymphocyte : spindle, x, y, random.between(0, Math.PI), 1.5)
    else if (random.next() < 0.11) {
      const inflamed = crowding(x / 260, y / 260) > 0.15 ? 0.62 : 0.12
      const along = fibreDirection(maps, width, height, x, y)
      if (random.next() < inflamed) place(random.next() < 0.65 ? lymphocyte : plasmaCell, x, y, along, 2.5)
      else place(spindle, x, y, along, 2)
      if (random.next() < 0.012) place(apoptosis, x + 30, y, along, 6)
    }
  }
  return nuclei
}

/**
 * Fills one gland: columnar nuclei near the basement membrane, in one row or two, some mitoses, apoptotic bodies and
 * lymphocytes among them, and shed cells in the lumen.
 */
function fillGland(
  gland: Gland,
  random: Random,
  place: (kind: NucleusKind, x: number, y: number, angle: number, gap?: number) => boolean,
): void {
  const rows = gland.stratified ? [0.27, 0.56] : [0.3]
  for (const row of rows)
    for (let turn = random.between(0, 0.02); turn < 1;) {
      const depth = gland.thickness * (row + 0.05 * random.normal())
      const edge = alongEdge(gland, turn, depth)
      const unusual = random.next()
      if (unusual < 0.028)
        place(mitosis, edge.x + 18 * Math.cos(edge.inwards), edge.y + 18 * Math.sin(edge.inwards), 0, 4)
      else if (unusual < 0.045) place(apoptosis, edge.x, edge.y, 0, 5)
      else if (unusual < 0.065) place(lymphocyte, edge.x, edge.y, 0, 3)
      else if (!place(epithelial, edge.x, edge.y, edge.inwards, 1))
        place(epithelial, edge.x + 9 * Math.cos(edge.inwards), edge.y + 9 * Math.sin(edge.inwards), edge.inwards, 1)
      turn += random.between(16, 21.5) / (edge.step * Math.max(0.4, 1 - depth / gland.reach))
    }
  for (let k = random.between(1, 7); k > 0; k--) {
    const angle = random.between(0, 2 * Math.PI)
    const away = random.between(0, 0.6) * Math.max(0, gland.reach / 1.5 - gland.thickness)
    place(shedCell, gland.x + away * Math.cos(angle), gland.y + away * Math.sin(angle), angle, 6)
  }
}
