import { holds, seam, type WorkRect } from './grid.ts'

/** Two centres nearer than this are one nucleus: 2.5 µm. */
const nearest = 5

/**
 * Keeps one of each nucleus that two regions found where they meet. A region sees a little beyond its core, for its neighbour
 * may place the same centre a fraction of a pixel further on, and then neither would own it.
 */
export interface SeamKeeper {
  /** Whether a nucleus of the region with this core is new; regions come one after another. */
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
