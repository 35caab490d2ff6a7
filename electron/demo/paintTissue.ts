import { farAway, type Maps } from './maps.ts'
import { gradientNoise, gridded, mix, smoothstep } from './noise.ts'
import { random as seededRandom } from '../../models/nn/random.ts'
import type { StainFields } from './stains.ts'
import type { Tissue } from './tissue.ts'

/** Stain amounts of one pixel: haematoxylin, eosin. */
type Stain = readonly [haematoxylin: number, eosin: number]
const nothing: Stain = [0, 0]

/**
 * Paints everything but the nuclei: stroma of collagen fibres, epithelium around lumens, lymphoid reticulum, vessels,
 * glass.
 */
export function paintTissue(fields: StainFields, tissue: Tissue, maps: Maps, seed: number): void {
  const { width, height } = tissue
  const fine = gradientNoise(seed)
  const coarse = gradientNoise(seed + 1)
  const slow = gradientNoise(seed + 2)
  const looseness = gridded(width, height, (x, y) => coarse(x / 330, y / 330))
  const section = gridded(width, height, (x, y) => 1 + 0.16 * slow(x / 700, y / 700) + 0.07 * slow(x / 140, y / 140))

  /** Wavy bundles along the level lines of `across`, with clefts in loose tissue. */
  const stroma = (x: number, y: number, across: number, nearGland: number): Stain => {
    const loose = smoothstep(-0.35, 0.55, looseness(x, y) - 0.35 * smoothstep(60, 0, nearGland))
    const wave = across + 8 * fine(x / 41, y / 41) + 2.2 * coarse(x / 12, y / 12)
    const along = 0.35 * y - x
    const bundle = fine(wave / mix(10, 13, loose), along / 70) + 0.4 * coarse(wave / 37, along / 110)
    const strand = 0.7 * coarse(wave / 5.5, along / 34) + 0.5 * fine(x / 3.3, y / 3.3)
    const cleft = smoothstep(mix(-0.75, -0.2, loose), mix(-0.4, 0.16, loose), bundle)
    const density = mix(0.42, 0.27, loose) * (0.74 + 0.34 * bundle + 0.26 * strand)
    return [0.05 + 0.07 * cleft * (1 + 0.7 * strand), Math.max(0.03, density) * mix(0.12, 1, cleft)]
  }

  const epithelium = (x: number, y: number, at: number): Stain => {
    const gland = tissue.glands[maps.glands.index[at]]
    const depth = -maps.glands.distance[at] / gland.thickness
    const ragged = depth + 0.05 * fine(x / 16, y / 16) + 0.02 * coarse(x / 5, y / 5)
    if (ragged > 1) {
      const mucus = smoothstep(0.3, 0.75, coarse(x / 60, y / 60) + 0.5 * fine(x / 14, y / 14))
      return [0.14 * mucus * (0.6 + 0.4 * fine(x / 5, y / 5)), 0.06 * mucus]
    }
    const angle = Math.atan2(y - gland.y, x - gland.x)
    // Cell borders run from base to lumen, about 21 px apart.
    const cells = (angle * gland.reach) / 21 + 0.5 * coarse(x / 40, y / 40)
    const border = Math.pow(Math.abs(Math.cos(Math.PI * cells)), 24)
    const granules = fine(x / 4.2, y / 4.2) * 0.5 + coarse(x / 11, y / 11) * 0.5
    const apical = smoothstep(0.55, 0.9, depth)
    const brush = smoothstep(0.07, 0.02, Math.abs(ragged - 0.965))
    const mucin =
      smoothstep(0.25, 0.5, coarse(cells * 0.83 + 40, 9.5)) *
      smoothstep(0.5, 0.64, depth) *
      smoothstep(0.98, 0.9, depth)
    return [
      mix(0.27 + 0.1 * granules - 0.07 * apical + 0.1 * border, 0.12, 0.75 * mucin),
      mix(0.2 + 0.07 * granules + 0.03 * apical + 0.12 * brush + 0.06 * border, 0.05, 0.75 * mucin),
    ]
  }

  const lymphoid = (x: number, y: number): Stain => {
    const net = fine(x / 9, y / 9) + 0.6 * coarse(x / 21, y / 21)
    const strand = smoothstep(-0.35, 0.35, net)
    return [0.07 + 0.17 * strand, 0.04 + 0.17 * strand]
  }

  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      const cover = tissue.cover(x, y)
      if (cover === 0) continue
      const gland = maps.glands.distance[at]
      const vessel = maps.vessels.distance[at]
      const aggregate = maps.aggregates.distance[at]
      let [h, e] = gland < 0 ? epithelium(x, y, at) : vessel < 0 ? nothing : stroma(x, y, maps.across[at], gland)
      if (gland >= 0 && aggregate < farAway) {
        const share = smoothstep(70, -35, aggregate + 45 * coarse(x / 55, y / 55))
        const [lh, le] = share > 0 ? lymphoid(x, y) : nothing
        h = mix(h, lh, share)
        e = mix(e, le, share)
      }
      const basement = gland >= -2 ? smoothstep(4, 1, Math.abs(gland - 1)) : 0
      const wall = vessel >= 0 ? smoothstep(13, 6, vessel) : 0
      e += 0.2 * basement + 0.28 * wall * (0.8 + 0.4 * fine(vessel / 3, x / 30))
      fields.haematoxylin[at] = h * cover * section(x, y)
      fields.eosin[at] = e * cover * section(x, y)
    }
  paintErythrocytes(fields, tissue, seed + 3)
}

/** Paints red blood cells: discs of about 7 µm, paler in the middle, packed into the vessels, and a few beside them. */
function paintErythrocytes(fields: StainFields, tissue: Tissue, seed: number): void {
  const random = seededRandom(seed)
  const noise = gradientNoise(seed)
  for (const vessel of tissue.vessels) {
    const filled = random.between(0.35, 1)
    for (let k = 0; k < filled * (vessel.reach * vessel.reach) * 0.008; k++) {
      const angle = random.between(0, 2 * Math.PI)
      const away = Math.sqrt(random.next())
      const r = random.between(10, 13.5)
      const towards = vessel.radius[Math.floor((angle / (2 * Math.PI)) * vessel.radius.length)]
      const cx = vessel.x + away * Math.max(0, towards - r) * Math.cos(angle)
      const cy = vessel.y + away * Math.max(0, towards - r) * Math.sin(angle)
      const amount = random.between(0.45, 0.75)
      for (let y = Math.max(0, Math.floor(cy - 18)); y < Math.min(tissue.height, cy + 18); y++)
        for (let x = Math.max(0, Math.floor(cx - 18)); x < Math.min(tissue.width, cx + 18); x++) {
          const rho = (Math.hypot(x - cx, y - cy) / r) * (1 + 0.12 * noise(x / 9, y / 9))
          if (rho >= 1.1) continue
          const at = y * tissue.width + x
          const disc = amount * smoothstep(1.08, 0.94, rho) * (0.66 + 0.34 * rho) * tissue.cover(x, y)
          fields.erythrocyte[at] = Math.max(fields.erythrocyte[at], disc)
        }
    }
  }
}
