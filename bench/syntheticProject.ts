import { type Nuclei, type SlideInfo } from '../electron/contract/index.ts'
import { createProject } from '../electron/store/index.ts'
import { progress } from '../electron/cli/verb.ts'
import { nucleiFromOutlines } from '../models/nuclei/nuclei.ts'

const points = 20
/** Side of the square field that holds one nucleus, level-0 pixels. */
export const fieldSide = 40
export const syntheticClasses = ['a', 'b', 'c', 'd', 'e']
/** Number of nuclei made at a time. */
const batchSize = 50_000

/** Returns the side of a square slide with room for `count` synthetic nuclei, level-0 pixels. */
export const sideFor = (count: number): number => Math.ceil(Math.sqrt(count)) * fieldSide

/** Creates a project with one slide, `count` synthetic nuclei of 20 points and one run. Returns the slide's id. */
export function makeSyntheticProject(path: string, slide: { path: string; info: SlideInfo }, count: number): number {
  const project = createProject(path)
  try {
    const slideId = project.slides.add(slide.path, slide.info)
    const own = project.classes.getOrAdd(syntheticClasses.map((name) => ({ name })))
    const run = project.runs.create({
      slideId,
      modelId: 'bench',
      modelTitle: 'bench',
      classes: own.map(({ name, id }) => ({ name, classId: id })),
      nucleiVersion: 1,
    })
    const columns = Math.max(1, Math.floor(slide.info.width / fieldSide))
    for (let first = 0; first < count; first += batchSize) {
      project.nuclei.append(slideId, makeNuclei(first, Math.min(batchSize, count - first), columns))
      progress(`making nuclei: ${first}/${count}`)
    }
    project.searched.set(slideId, null)
    const heads = project.nuclei.heads(slideId)
    const probabilities = new Float32Array(heads.count * syntheticClasses.length)
    for (let i = 0; i < probabilities.length; i++) probabilities[i] = random(i, 1) / syntheticClasses.length
    project.runs.append(run, heads, probabilities)
    project.runs.complete(run)
    project.slides.show(slideId, run)
    return slideId
  } finally {
    project.close()
  }
}

/** Makes roundish nuclei of 18 to 26 px, one in each field of a grid, with outlines as uneven as detected ones. */
function makeNuclei(first: number, count: number, columns: number): Nuclei {
  const outlines = Array.from({ length: count }, (_, k) => {
    const n = first + k
    const x = (n % columns) * fieldSide + 16 + 8 * random(n, 2)
    const y = Math.floor(n / columns) * fieldSide + 16 + 8 * random(n, 3)
    const radius = 9 + 4 * random(n, 4)
    return Float64Array.from({ length: 2 * points }, (_, v) => {
      const angle = (2 * Math.PI * (v >> 1)) / points
      const r = radius * (0.9 + 0.2 * random(n * points + (v >> 1), 5))
      return v % 2 === 0 ? x + r * Math.cos(angle) : y + r * Math.sin(angle)
    })
  })
  return nucleiFromOutlines(outlines, 'detected')
}

/** Returns a number in 0 … 1 that depends only on the arguments (integer hash by Chris Wellons, "lowbias32"). */
export function random(n: number, seed: number): number {
  let h = (n + seed * 0x9e3779b9) | 0
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d)
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32
}
