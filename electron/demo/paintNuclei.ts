import type { DemoNucleus } from './demoNucleus.ts'
import { gradientNoise, mix, smoothstep, type Noise } from './noise.ts'
import { visitPixels } from './nucleusShape.ts'
import type { StainFields } from './stains.ts'

/** Visits every pixel of the slide with rho ≤ `limit` of a nucleus. */
function around(
  fields: StainFields,
  { shape }: DemoNucleus,
  limit: number,
  visit: (at: number, x: number, y: number, rho: number, u: number, v: number) => void,
): void {
  visitPixels(shape, limit, (x, y, rho, u, v) => {
    if (x >= 0 && y >= 0 && x < fields.width && y < fields.height) visit(y * fields.width + x, x, y, rho, u, v)
  })
}

/**
 * Paints cytoplasm and halo of a nucleus. Called before any nucleus is painted, so that no neighbour is painted over.
 */
function paintSurroundings(fields: StainFields, nucleus: DemoNucleus, noise: Noise): void {
  const { halo, cytoplasm } = nucleus.surroundings
  const { shape } = nucleus
  const cell = 1 + (cytoplasm?.width ?? 0) / shape.b
  const outer = cell + halo / shape.b
  if (outer === 1) return
  around(fields, nucleus, 1.25 * outer + 0.35, (at, x, y, rho, u) => {
    // The nucleus is off the centre of its cell: the cytoplasm is wider on one side.
    const uneven = 1 + 0.22 * (u / (shape.a * Math.max(0.2, rho)))
    const edge = rho / uneven + 0.14 * noise(x / 9, y / 9) + 0.2 * noise(x / 24, y / 24)
    const emptied = halo ? smoothstep(outer + 0.15, outer - 0.1, edge) : 0
    fields.haematoxylin[at] *= 1 - 0.85 * emptied
    fields.eosin[at] *= 1 - 0.85 * emptied
    if (!cytoplasm) return
    const body = smoothstep(cell + 0.08, cell - 0.08, edge)
    const grain = 1 + 0.25 * noise(x / 5, y / 5)
    fields.haematoxylin[at] = mix(fields.haematoxylin[at], cytoplasm.haematoxylin * grain, body)
    fields.eosin[at] = mix(fields.eosin[at], cytoplasm.eosin * grain, body)
  })
}

function paintChromatin(fields: StainFields, nucleus: DemoNucleus, fine: Noise, coarse: Noise): void {
  const { shape, chromatin } = nucleus
  const { base, rim, clumps, grain, nucleoli } = chromatin
  const soft = 0.9 / shape.b
  around(fields, nucleus, 1 + 2 * soft, (at, x, y, rho, u, v) => {
    const inside = smoothstep(1 + soft, 1 - soft, rho)
    const clump = fine(x / grain, y / grain) + 0.5 * coarse(x / 2.3, y / 2.3)
    const rimWidth = 2.2 / shape.b
    const membrane = smoothstep(1 - 2 * rimWidth, 1 - 0.8 * rimWidth, rho) * (1 + 0.6 * coarse(x / 6, y / 6))
    let amount = base + clumps * clump + rim * membrane
    for (const spot of nucleoli)
      amount += 0.75 * smoothstep(spot.radius + 1, spot.radius - 1, Math.hypot(u - spot.u, v - spot.v))
    fields.haematoxylin[at] = mix(fields.haematoxylin[at], Math.max(0.2, amount), inside)
    fields.eosin[at] *= 1 - 0.35 * inside
    fields.erythrocyte[at] *= 1 - inside
  })
}

export function paintNuclei(fields: StainFields, nuclei: readonly DemoNucleus[], seed: number): void {
  const fine = gradientNoise(seed)
  const coarse = gradientNoise(seed + 1)
  for (const nucleus of nuclei) paintSurroundings(fields, nucleus, coarse)
  for (const nucleus of nuclei) paintChromatin(fields, nucleus, fine, coarse)
}
