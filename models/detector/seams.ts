import { holds, seam, type WorkRect } from './grid.ts'

/** Two centres nearer than this are one nucleus, pixels: 2.4 µm at 0.4 µm per pixel. */
const nearest = 6

/**
 * Keeps one of each nucleus that two regions found at their common border. A region also reports nuclei slightly beyond
 * its core: its neighbour may place the same centre a fraction of a pixel away, and then neither core would contain it.
 */
export interface SeamKeeper {
  /** Whether a nucleus, found by the region with this core, is new. Regions must come one after another. */
  isNew(core: WorkRect, x: number, y: number): boolean
}

export function seamKeeper(): SeamKeeper {
  const kept = new Map<string, (readonly [number, number])[]>()
  const cell = (v: number) => Math.floor(v / nearest)
  return {
    isNew(core, x, y) {
      const inner = { x: core.x + seam, y: core.y + seam, right: core.right - seam, bottom: core.bottom - seam }
      if (holds(inner, x, y)) return true
      for (let v = cell(y) - 1; v <= cell(y) + 1; v++)
        for (let u = cell(x) - 1; u <= cell(x) + 1; u++)
          if (kept.get(`${u},${v}`)?.some(([kx, ky]) => Math.hypot(kx - x, ky - y) < nearest)) return false
      const key = `${cell(x)},${cell(y)}`
      const own = kept.get(key)
      if (own) own.push([x, y])
      else kept.set(key, [[x, y]])
      return true
    },
  }
}
