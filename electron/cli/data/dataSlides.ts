import { FailureError, type LabelledSlide, inEnglish, type Message, message } from '../../contract/index.ts'
import {
  chooseTiles,
  openDataSet,
  type ChosenTiles,
  type DataImage,
  type DataSet,
} from '../../formats/dataSets/index.ts'
import { classMap, indexOfClass, renameClasses } from './classMap.ts'
import { progress, sayLeftOut } from '../verb.ts'
import { random } from '../../../models/nn/random.ts'
import { someLabels } from '../../../models/train/someLabels.ts'
import { nucleiFromOutlines } from '../../../models/nuclei/nuclei.ts'

export interface DataOptions {
  readonly tiles?: string
  readonly mpp?: number
  readonly dataMap?: string
}

/**
 * Opens the data sets of --data with --tiles, --data-map and --mpp (used for pictures without a scale). Reports on
 * stderr what is left out and what the user should know.
 */
export async function openData(paths: readonly string[], { tiles, mpp, dataMap }: DataOptions): Promise<ChosenTiles> {
  const map = await classMap(dataMap, '--data-map')
  const sets: DataSet[] = []
  for (const path of paths) {
    const set = await openDataSet(path, { onProgress: (done, of, what) => progress(`reading ${what}: ${done}/${of}`) })
    sayLeftOut(path, set.skipped)
    for (const note of [...set.notes, ...otherScales(set, mpp)]) process.stderr.write(`${path}: ${inEnglish(note)}\n`)
    sets.push({ ...set, images: set.images.map((image) => ({ ...image, mpp: image.mpp ?? mpp ?? null })) })
  }
  return chooseTiles(renameClasses(sets, map), tiles)
}

function otherScales({ images }: DataSet, given: number | undefined): Message[] {
  if (given === undefined) return []
  const others = images.flatMap(({ mpp }) => (mpp === null || Math.abs(mpp / given - 1) < 0.01 ? [] : [mpp]))
  if (others.length === 0) return []
  return [
    message('otherScales', { given, others: others.length, least: Math.min(...others), most: Math.max(...others) }),
  ]
}

/** Throws FailureError 'no-scale' if the µm/px of an image is given neither by the image nor by --mpp. */
export function needScale({ format, images }: DataSet): void {
  const without = images.find(({ mpp }) => mpp === null)
  if (without) throw new FailureError('no-scale', message('dataNoScale', { path: without.path, format }))
}

/** Throws FailureError 'invalid-input' if a set has no classes for training or scoring. */
export function needClasses(set: DataSet): void {
  if (set.classes.length === 0)
    throw new FailureError('invalid-input', message('dataNoClasses', { path: set.path, format: set.format }))
}

/** Throws FailureError 'invalid-input' if a set's nuclei are dots, which do not show their extent. */
export function needOutlines({ path, images }: DataSet): void {
  if (images.some(({ centres }) => centres)) throw new FailureError('invalid-input', message('dataDots', { path }))
}

/** Returns nuclei with the boxes of an image's nuclei as outlines. */
export function nucleiOfImage({ boxes }: DataImage) {
  return nucleiFromOutlines(
    Array.from({ length: boxes.length / 4 }, (_, i) => {
      const [x0, y0, x1, y1] = boxes.subarray(4 * i, 4 * i + 4)
      return [x0, y0, x1, y0, x1, y1, x0, y1]
    }),
    'imported',
  )
}

/** Returns nuclei with the outlines of an image's nuclei, or with their boxes if the data set has boxes only. */
export async function outlinedNucleiOfImage(image: DataImage) {
  const outlines = await image.outlines()
  return outlines ? nucleiFromOutlines(outlines, 'imported') : nucleiOfImage(image)
}

/** Returns the images of a data set as slides with labelled nuclei. Labels are indices into `classes`. */
export function labelledSlides(set: DataSet, classes: readonly string[]): LabelledSlide[] {
  needOutlines(set)
  const position = set.classes.map((name) => indexOfClass(classes, name))
  return set.images.map((image) => {
    const given = image.classIndex ?? new Int16Array(0)
    const index = Uint32Array.from(given.keys()).filter((i) => given[i] >= 0)
    return {
      slide: image.path,
      mpp: image.mpp!,
      nuclei: nucleiOfImage(image),
      index,
      label: Uint16Array.from(index, (i) => position[given[i]]),
    }
  })
}

/** Returns the slides with `wanted` of their labels, drawn at random from all. */
export function withSomeLabels(slides: readonly LabelledSlide[], wanted: number, seed: number): LabelledSlide[] {
  const counts = slides.map(({ index }) => index.length)
  const drawn = someLabels(counts, wanted, random(seed))
  return slides.map((slide, s) => ({
    ...slide,
    index: Uint32Array.from(drawn[s], (k) => slide.index[k]),
    label: Uint16Array.from(drawn[s], (k) => slide.label[k]),
  }))
}
