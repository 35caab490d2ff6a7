import { sayLeftOut } from '../verb.ts'
import { FailureError, inEnglish, type Nuclei, type Precision, message } from '../../contract/index.ts'
import type { DataImage } from '../../formats/dataSets/index.ts'
import { classProperties, readDetections, readShapes } from '../../formats/index.ts'
import type { Engine } from '../../launch/engineClient.ts'
import { centroidOf } from '../../../models/geometry/outline.ts'
import type { ClassedPoints } from '../../../models/metrics/counts.ts'
import { indexOfClass, mappedClasses } from './classMap.ts'
import { nucleiOfImage } from './dataSlides.ts'
import { classifyNuclei, detectNuclei } from '../nuclei.ts'
import { outlineOf } from '../../../models/nuclei/nuclei.ts'

/** A system to score: a Karyon model, or another system by its output files. */
export interface System {
  readonly name: string
  /** Returns its nuclei on an image, with classes of the data (−1 = none of them). */
  on(image: DataImage, mpp: number): Promise<ClassedPoints>
}

export interface ScoredModel {
  readonly name: string
  readonly folder: string
  readonly classes: readonly string[]
  readonly precision: Precision
  /** The model's own threshold of uncertainty; absent: it is not calibrated. */
  readonly uncertainBelow?: number
}

/** Returns the true nuclei as points. A class is an index into `classes`. */
export async function truthOf(
  image: DataImage,
  setClasses: readonly string[],
  classes: readonly string[],
): Promise<ClassedPoints> {
  const classIndex = trueClasses(image, setClasses, classes)
  if (image.centres) return { centroids: image.centres, classIndex }
  const outlines = await image.outlines()
  const centroids = new Float64Array(image.boxes.length / 2)
  for (let i = 0; i < centroids.length / 2; i++) {
    const [x0, y0, x1, y1] = image.boxes.subarray(4 * i, 4 * i + 4)
    centroids.set(outlines ? centroidOf(outlines[i]) : [(x0 + x1) / 2, (y0 + y1) / 2], 2 * i)
  }
  return { centroids, classIndex }
}

export function trueClasses(image: DataImage, setClasses: readonly string[], classes: readonly string[]): Int16Array {
  const position = setClasses.map((name) => indexOfClass(classes, name))
  return Int16Array.from(image.classIndex ?? [], (c) => (c < 0 ? -1 : position[c]))
}

function centroidsOf(nuclei: Nuclei): Float64Array {
  const centroids = new Float64Array(2 * nuclei.count)
  for (let i = 0; i < nuclei.count; i++) centroids.set(centroidOf(outlineOf(nuclei, i)), 2 * i)
  return centroids
}

export interface GivenCalls {
  readonly classIndex: Int16Array
  /** Probability of each predicted class. */
  readonly confidence: number[]
}

/** Metric A: returns the classes that a model predicts for the given nuclei. */
export async function callsOnGiven(
  engine: Engine,
  { folder, precision }: ScoredModel,
  image: DataImage,
  mpp: number,
  classes: readonly string[],
): Promise<GivenCalls> {
  const nuclei = nucleiOfImage(image)
  if (nuclei.count === 0) return { classIndex: new Int16Array(0), confidence: [] }
  const result = await classifyNuclei(engine, image.path, mpp, nuclei, folder, { precision })
  const width = result.classes.length
  return {
    classIndex: inDataClasses(result.classIndex, result.classes, classes),
    confidence: Array.from(result.classIndex, (c, i) => result.probabilities[i * width + c]),
  }
}

/** Converts the model's class indices to the data's. A class that the data does not have becomes −1. */
const inDataClasses = (called: Int16Array, model: readonly string[], data: readonly string[]): Int16Array =>
  called.map((c) => indexOfClass(data, model[c]))

/**
 * Metrics B and C: a model on nuclei from a detector (the built-in one if none is named), or on the shapes in another
 * system's files.
 */
export function modelSystem(
  engine: Engine,
  { name, folder, precision }: ScoredModel,
  classes: readonly string[],
  { detector, shapes }: { readonly detector?: string; readonly shapes?: ReadonlyMap<string, string> },
): System {
  return {
    name,
    async on(image, mpp) {
      const file = shapes?.get(image.name)
      const nuclei = file ? await shapesOf(file, image) : await detectNuclei(engine, image.path, mpp, { detector })
      if (nuclei.count === 0) return { centroids: [], classIndex: [] }
      const result = await classifyNuclei(engine, image.path, mpp, nuclei, folder, { precision })
      return {
        centroids: centroidsOf(nuclei),
        classIndex: inDataClasses(result.classIndex, result.classes, classes),
      }
    },
  }
}

async function shapesOf(file: string, image: DataImage): Promise<Nuclei> {
  const { classified, skipped } = await readShapes(file, image)
  sayLeftOut(file, skipped)
  return classified.nuclei
}

/** Another system, by its output files. */
export function fileSystem(
  name: string,
  files: ReadonlyMap<string, string>,
  map: ReadonlyMap<string, string>,
  classes: readonly string[],
): System {
  return {
    name,
    async on(image) {
      const file = files.get(image.name)
      if (file === undefined)
        throw new FailureError('not-found', message('predictionsNoFile', { name, image: image.name }))
      const { centroids, className, skipped, properties } = await readDetections(file, image)
      sayLeftOut(file, skipped)
      checkHasClasses(file, className, properties)
      return { centroids, classIndex: mappedClasses(className, map, classes, file) }
    },
  }
}

/**
 * Throws FailureError 'invalid-input' if no nucleus of a file has a class: all would count as wrong, and the score would
 * look like the system's failure. If only some have none, says how many on stderr; they count as wrong.
 */
function checkHasClasses(
  file: string,
  className: readonly (string | undefined)[],
  properties: readonly string[],
): void {
  const without = className.reduce((n, name) => n + (name === undefined ? 1 : 0), 0)
  if (without === 0) return
  if (without === className.length)
    throw new FailureError(
      'invalid-input',
      message('predictionsNoClass', { file, nuclei: without, looked: classProperties, seen: properties }),
    )
  process.stderr.write(
    `karyon: ${inEnglish(message('predictionsSomeNoClass', { file, without, nuclei: className.length }))}\n`,
  )
}
