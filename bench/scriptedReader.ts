import { MeasurementFailed } from '../electron/cli/verb.ts'
import { unwrap, type Nuclei } from '../electron/contract/index.ts'
import { readAnnotations } from '../electron/formats/index.ts'
import type { Workbench } from '../electron/host/index.ts'
import { matchCentroids } from '../models/metrics/matchCentroids.ts'
import { random } from '../models/nn/random.ts'
import { boxOf, outlineOf } from '../models/nuclei/nuclei.ts'

/** Replaces a pathologist: labels some nuclei, always in the same way. */
export interface ScriptedReader {
  /** Description of its criteria, for people. */
  readonly name: string
  /** Draws up to n nuclei at random with a fixed seed. Returns them by the class that this reader gives them. */
  choose(n: number): Map<number, number[]>
  /** Returns how often the shown class is the reader's, over the nuclei that it can judge but did not label. */
  agreement(labelled: ReadonlyMap<number, readonly number[]>): { nuclei: number; accuracy: number }
}

/** A detection and a true nucleus match within this distance, µm (12 px at 40×), as in docs/method.md. */
const matchRadius = 3

/** Returns a reader that labels by the demo slide's truth. */
export async function readerOfTruth(workbench: Workbench, slideId: number, truthFile: string): Promise<ScriptedReader> {
  const slide = workbench.state().slides.find(({ id }) => id === slideId)!
  const { classified } = unwrap(await readAnnotations(truthFile, slide.info))
  const mpp = slide.info.mpp?.x ?? 1
  const found = nucleiOf(workbench, slideId)
  const { pairs } = matchCentroids(centroids(classified.nuclei), centroids(found), matchRadius / mpp)
  const opinion = new Map<number, number>()
  for (const [t, f] of pairs) {
    const classId = classIdOf(workbench, classified.classes[classified.classIndex[t]]?.name)
    if (classId !== undefined) opinion.set(f, classId)
  }
  return scripted(workbench, slideId, 'the demo slide’s truth', opinion)
}

/**
 * Returns a reader that labels by shape alone, for slides without truth: elongated nuclei are stromal, small
 * round ones inflammatory, the others epithelial. No pathologist works like this. It shows that the loop follows its
 * reader, not that the classes are right.
 */
export function readerOfRule(workbench: Workbench, slideId: number): ScriptedReader {
  const { mpp } = workbench.state().slides.find(({ id }) => id === slideId)!.info
  const nuclei = nucleiOf(workbench, slideId)
  const opinion = new Map<number, number>()
  for (let i = 0; i < nuclei.count; i++) {
    const { area, elongation } = shape(outlineOf(nuclei, i))
    const name = elongation > 1.8 ? 'stromal' : area * (mpp?.x ?? 1) ** 2 < 30 ? 'inflammatory' : 'epithelial'
    const classId = classIdOf(workbench, name)
    if (classId !== undefined) opinion.set(i, classId)
  }
  return scripted(workbench, slideId, 'a rule of size and elongation', opinion)
}

function scripted(
  workbench: Workbench,
  slideId: number,
  name: string,
  opinion: ReadonlyMap<number, number>,
): ScriptedReader {
  if (opinion.size === 0)
    throw new MeasurementFailed(
      'The scripted reader can judge none of the nuclei found: their classes are not in the project.',
    )
  const { id } = nucleiOf(workbench, slideId)
  return {
    name,
    choose(n) {
      const judged = [...opinion]
      const chosen = new Map<number, number[]>()
      for (const k of random(1).permutation(judged.length).slice(0, n)) {
        const [nucleus, classId] = judged[k]
        chosen.set(classId, [...(chosen.get(classId) ?? []), id[nucleus]])
      }
      return chosen
    },
    agreement(labelled) {
      const done = new Set([...labelled.values()].flat())
      const { classId } = workbench.shownClasses(slideId)
      const rest = [...opinion].filter(([nucleus]) => !done.has(id[nucleus]))
      const agreed = rest.filter(([nucleus, wanted]) => classId[nucleus] === wanted).length
      return { nuclei: rest.length, accuracy: agreed / rest.length }
    },
  }
}

const nucleiOf = (workbench: Workbench, slideId: number): Nuclei => workbench.nuclei(slideId)
const classIdOf = (workbench: Workbench, name: string | undefined): number | undefined =>
  workbench.state().classes.find((c) => c.name === name)?.id

function centroids(nuclei: Nuclei): Float64Array {
  const points = new Float64Array(2 * nuclei.count)
  for (let i = 0; i < nuclei.count; i++) {
    const [x0, y0, x1, y1] = boxOf(nuclei, i)
    points.set([(x0 + x1) / 2, (y0 + y1) / 2], 2 * i)
  }
  return points
}

/** Returns area (px²) and elongation (axis ratio of the ellipse with the same second moments) of a closed outline. */
function shape(outline: Float64Array): { area: number; elongation: number } {
  const n = outline.length / 2
  let [area, mx, my] = [0, 0, 0]
  for (let i = 0; i < n; i++) {
    mx += outline[2 * i] / n
    my += outline[2 * i + 1] / n
    const j = (i + 1) % n
    area += (outline[2 * i] * outline[2 * j + 1] - outline[2 * j] * outline[2 * i + 1]) / 2
  }
  let [xx, yy, xy] = [0, 0, 0]
  for (let i = 0; i < n; i++) {
    const [dx, dy] = [outline[2 * i] - mx, outline[2 * i + 1] - my]
    xx += dx * dx
    yy += dy * dy
    xy += dx * dy
  }
  const root = Math.hypot((xx - yy) / 2, xy)
  const [major, minor] = [(xx + yy) / 2 + root, (xx + yy) / 2 - root]
  return { area: Math.abs(area), elongation: Math.sqrt(major / Math.max(minor, 1e-9)) }
}
