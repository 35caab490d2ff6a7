import { ClassCounts, FailureError, type ClassCountRow, type NucleusFilter, message } from '../../contract/index.ts'
import type { Predictions } from '../../store/index.ts'
import type { ProjectContext } from '../state/context.ts'
import { inPolygon } from '../../../models/geometry/polygon.ts'
import { middlesOnSlide } from '../../../models/nuclei/nuclei.ts'

/** Returns the positions of a slide's nuclei that match every condition of `where`. */
export function positionsWhere(
  { project, views, tissue }: ProjectContext,
  slideId: number,
  where: NucleusFilter = {},
): Uint32Array {
  const { info } = project.slides.get(slideId)
  const heads = project.nuclei.heads(slideId)
  const middles = middlesOnSlide(heads, info)
  const { classId, labelled, uncertain, confidence, outside } = views.shownClasses(slideId)
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
    if (where.uncertain !== undefined && where.uncertain !== (uncertain[i] === 1 && labelled[i] === 0)) return false
    if (where.confidence) {
      const p = confidence[i] / 255
      if (p < where.confidence.from || p > where.confidence.to) return false
    }
    const [x, y] = [middles.x(i), middles.y(i)]
    if (rect && !(x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height)) return false
    if (near && !near(x, y)) return false
    if (inTissue && inTissue(x, y) !== where.tissue) return false
    return polygons.every((holds) => holds(x, y))
  }
  const positions = new Uint32Array(heads.count)
  let found = 0
  for (let i = 0; i < heads.count; i++) if (holdsFor(i)) positions[found++] = i
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
export function countsOf(context: ProjectContext, slideId: number, where?: NucleusFilter): ClassCountRow[] {
  const shown = context.views.shownClasses(slideId)
  const counts = where ? new ClassCounts() : context.views.counts(slideId)
  const positions = where && positionsWhere(context, slideId, where)
  if (positions) for (const i of positions) counts.add(shown, i, 1)
  const byClass = counts.byClass()
  const possible = secondChoices(context, slideId, positions)
  const none = { nuclei: 0, labelled: 0, uncertain: 0 }
  return [...new Set([...byClass.keys(), ...possible.keys()])]
    .map((classId) => ({ classId, ...(byClass.get(classId) ?? none), possible: possible.get(classId) ?? 0 }))
    .sort((a, b) => b.nuclei - a.nuclei)
}

/** Returns the number of nuclei that the model is unsure of by its second choice, among some positions or all. */
function secondChoices(
  { views }: ProjectContext,
  slideId: number,
  positions: Uint32Array | undefined,
): Map<number, number> {
  const { uncertain, labelled, outside, count } = views.shownClasses(slideId)
  const predictions = views.predictions(slideId)
  const found = new Map<number, number>()
  if (!predictions) return found
  const n = positions?.length ?? count
  for (let k = 0; k < n; k++) {
    const i = positions ? positions[k] : k
    if (uncertain[i] === 0 || labelled[i] === 1 || outside[i] === 1) continue
    const second = secondChoice(predictions, i)
    if (second !== null) found.set(second, (found.get(second) ?? 0) + 1)
  }
  return found
}

/** Returns the second most probable class of a nucleus that has a prediction; null if the model knows only one class. */
function secondChoice({ classIds, probabilities }: Predictions, i: number): number | null {
  const row = i * classIds.length
  let [best, next] = [-1, -1]
  for (let c = 0; c < classIds.length; c++) {
    const p = probabilities[row + c]
    if (best < 0 || p > probabilities[row + best]) [best, next] = [c, best]
    else if (next < 0 || p > probabilities[row + next]) next = c
  }
  return next < 0 ? null : classIds[next]
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
