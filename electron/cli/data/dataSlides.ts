import { FailureError, type LabelledSlide } from '../../contract/index.ts'
import {
  chooseTiles,
  openDataSet,
  type ChosenTiles,
  type DataImage,
  type DataSet,
} from '../../formats/dataSets/index.ts'
import { classMap, indexOfClass, renameClasses } from './classMap.ts'
import { progress } from '../verb.ts'
import { nucleiFromOutlines } from '../../../models/nuclei/nuclei.ts'

export interface DataOptions {
  readonly tiles?: string
  readonly mpp?: number
  readonly dataMap?: string
}

/**
 * Data sets by --data, --tiles, --data-map and --mpp (which is for pictures that do not say their scale); what they leave
 * out and what a user should know is said on stderr.
 */
export async function openData(paths: readonly string[], { tiles, mpp, dataMap }: DataOptions): Promise<ChosenTiles> {
  const map = await classMap(dataMap, '--data-map')
  const sets: DataSet[] = []
  for (const path of paths) {
    const set = await openDataSet(path, { onProgress: (done, of, what) => progress(`reading ${what}: ${done}/${of}`) })
    for (const { reason, count } of set.skipped)
      process.stderr.write(`karyon: ${count} nuclei of ${path} left out: ${reason}\n`)
    for (const note of [...set.notes, ...otherScales(set, mpp)]) process.stderr.write(`${path}: ${note}\n`)
    sets.push({ ...set, images: set.images.map((image) => ({ ...image, mpp: image.mpp ?? mpp ?? null })) })
  }
  return chooseTiles(renameClasses(sets, map), tiles)
}

function otherScales({ images }: DataSet, given: number | undefined): string[] {
  if (given === undefined) return []
  const others = images.flatMap(({ mpp }) => (mpp === null || Math.abs(mpp / given - 1) < 0.01 ? [] : [mpp]))
  if (others.length === 0) return []
  const [least, most] = [Math.min(...others), Math.max(...others)]
  const range = least === most ? String(least) : `${least} to ${most}`
  return [
    `--mpp ${given} is for pictures that do not say their µm per pixel; ${others.length} say ${range}, which holds.`,
  ]
}

/** Fails with 'no-scale' where neither an image nor --mpp says the µm/px. */
export function needScale({ format, images }: DataSet): void {
  const without = images.find(({ mpp }) => mpp === null)
  if (without)
    throw new FailureError(
      'no-scale',
      `The µm per pixel of ${without.path} must be known, and the data set (${format}) does not say. Give it with ` +
        '--mpp (0.25 at 40×, 0.5 at 20×), or in coco.json as "mpp" of the image.',
    )
}

/** Fails with 'invalid-input' where a set's nuclei have no classes to learn or to be scored on. */
export function needClasses(set: DataSet): void {
  if (set.classes.length === 0)
    throw new FailureError(
      'invalid-input',
      `The nuclei of ${set.path} must have classes, but this data set (${set.format}) gives none. It serves for pre-training only.`,
    )
}

/** Fails with 'invalid-input' where a set's nuclei are dots, which show no nucleus to look at. */
export function needOutlines({ path, images }: DataSet): void {
  if (images.some(({ centres }) => centres))
    throw new FailureError(
      'invalid-input',
      `The nuclei of ${path} must have boxes or outlines, but this data set gives dots. Dots serve to train and score what finds nuclei, and for metric C.`,
    )
}

/** The boxes of an image's nuclei as nuclei. */
export function nucleiOfImage({ boxes }: DataImage) {
  return nucleiFromOutlines(
    Array.from({ length: boxes.length / 4 }, (_, i) => {
      const [x0, y0, x1, y1] = boxes.subarray(4 * i, 4 * i + 4)
      return [x0, y0, x1, y0, x1, y1, x0, y1]
    }),
    'imported',
  )
}

/** The images of a data set as slides with their labelled nuclei; `classes` is the order labels refer to. */
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
