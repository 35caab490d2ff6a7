import { ClassCounts, FailureError, type NucleusFilter, message } from '../../contract/index.ts'
import type { ProjectContext } from '../state/context.ts'
import { inPolygon } from '../../../models/geometry/polygon.ts'

/** Returns the positions of a slide's nuclei that match every condition of `where`. */
export function positionsWhere(
  { project, views, tissue }: ProjectContext,
  slideId: number,
  where: NucleusFilter = {},
): Uint32Array {
  project.slides.get(slideId)
  const { count, box, origin } = project.nuclei.heads(slideId)
  const { classId, labelled, confidence, outside } = views.shownClasses(slideId)
  const classes = where.classIds && new Set(where.classIds)
  const { rect, stroke } = where
  const near = stroke && nearTo(stroke.path, stroke.radius)
  const polygons = [where.polygon, regionOf(where.regionId)].flatMap((polygon) => (polygon ? [inPolygon(polygon)] : []))
  const inTissue = where.tissue === undefined ? undefined : tissue.holds(slideId)
  const countsAll = where.tissue === false
  const holdsFor = (i: number): boolean => {
    if (outside[i] === 1 && !countsAll) return false
    if (classes && !classes.has(classId[i])) return false
    if (where.labelled !== undefined && where.labelled !== (labelled[i] === 1)) return false
    if (where.confidence) {
      const p = confidence[i] / 255
      if (p < where.confidence.from || p > where.confidence.to) return false
    }
    const x = (box[4 * i] + box[4 * i + 2]) / 2 + origin[0]
    const y = (box[4 * i + 1] + box[4 * i + 3]) / 2 + origin[1]
    if (rect && !(x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height)) return false
    if (near && !near(x, y)) return false
    if (inTissue && inTissue(x, y) !== where.tissue) return false
    return polygons.every((holds) => holds(x, y))
  }
  const positions = new Uint32Array(count)
  let found = 0
  for (let i = 0; i < count; i++) if (holdsFor(i)) positions[found++] = i
  return positions.slice(0, found)

  function regionOf(regionId: number | undefined): number[] | undefined {
    if (regionId === undefined) return undefined
    const region = project.regions.all().find((r) => r.id === regionId && r.slideId === slideId)
    if (!region) throw new FailureError('not-found', message('noRegion', { id: regionId }))
    return region.outline
  }
}

/** Returns the number of nuclei that match `where`, and the ids of the first `limit` of them. */
export function find(context: ProjectContext, slideId: number, where: NucleusFilter, limit = Infinity) {
  const positions = positionsWhere(context, slideId, where)
  const { id } = context.project.nuclei.heads(slideId)
  return { nuclei: positions.length, nucleusIds: Array.from(positions.subarray(0, limit), (i) => id[i]) }
}

/** Counts nuclei by shown class, the most frequent class first. */
export function countsOf(context: ProjectContext, slideId: number, where?: NucleusFilter) {
  const shown = context.views.shownClasses(slideId)
  const counts = where ? new ClassCounts() : context.views.counts(slideId)
  if (where) for (const i of positionsWhere(context, slideId, where)) counts.add(shown, i, 1)
  return [...counts.byClass()].map(([classId, count]) => ({ classId, ...count })).sort((a, b) => b.nuclei - a.nuclei)
}

/** Returns a function that says whether a point lies within `radius` of the polyline `path`. */
function nearTo(path: readonly number[], radius: number): (x: number, y: number) => boolean {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (let k = 0; k < path.length; k += 2) {
    left = Math.min(left, path[k] - radius)
    right = Math.max(right, path[k] + radius)
    top = Math.min(top, path[k + 1] - radius)
    bottom = Math.max(bottom, path[k + 1] + radius)
  }
  return (x, y) => {
    if (x < left || x > right || y < top || y > bottom) return false
    for (let k = 0; k < path.length; k += 2) {
      const next = Math.min(k + 2, path.length - 2)
      const [dx, dy] = [path[next] - path[k], path[next + 1] - path[k + 1]]
      const length = dx * dx + dy * dy
      const along = length > 0 ? ((x - path[k]) * dx + (y - path[k + 1]) * dy) / length : 0
      const t = Math.min(1, Math.max(0, along))
      if (Math.hypot(x - path[k] - t * dx, y - path[k + 1] - t * dy) <= radius) return true
    }
    return false
  }
}

/** Finds the slide's tissue if `where` depends on it. Call this before any function that selects nuclei by `where`. */
export async function prepareFilter(context: ProjectContext, slideId: number, where?: NucleusFilter): Promise<void> {
  if (where?.tissue !== undefined) await context.tissue.find(slideId)
}
