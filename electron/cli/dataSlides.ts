import { FailureError, nucleiFromOutlines, type LabelledSlide } from '../contract/index.ts'
import { openDataSet, selectTiles, type DataImage, type DataSet } from '../formats/dataSet.ts'
import { progress } from './verb.ts'

/**
 * Data sets by --data and --tiles; what they leave out and what a user should know is said on stderr. Images without
 * µm/px are refused unless --mpp says it.
 */
export async function dataSets(
  paths: readonly string[],
  tiles: string | undefined,
  mpp: number | undefined,
): Promise<DataSet[]> {
  const sets: DataSet[] = []
  for (const path of paths) {
    const set = selectTiles(
      await openDataSet(path, { onProgress: (done, of, what) => progress(`reading ${what}: ${done}/${of}`) }),
      tiles,
    )
    for (const { reason, count } of set.skipped)
      process.stderr.write(`karyon: ${count} nuclei of ${path} left out: ${reason}\n`)
    for (const note of set.notes) process.stderr.write(`${path}: ${note}\n`)
    sets.push(set)
  }
  for (const set of sets)
    for (const image of set.images)
      if (image.mpp === null && mpp === undefined)
        throw new FailureError(
          'no-scale',
          `The µm per pixel of ${image.path} must be known, and the data set (${set.format}) does not say. Give it with ` +
            '--mpp (0.25 at 40×, 0.5 at 20×), or in coco.json as "mpp" of the image.',
        )
  return sets
}

/** Fails with 'invalid-input' where a set's nuclei have no classes to learn or to be scored on. */
export function needClasses(set: DataSet): void {
  if (set.classes.length === 0)
    throw new FailureError(
      'invalid-input',
      `The nuclei of ${set.path} must have classes, but this data set (${set.format}) gives none. It serves for pre-training only.`,
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
export function labelledSlides(set: DataSet, classes: readonly string[], mpp: number | undefined): LabelledSlide[] {
  const position = set.classes.map((name) => classes.indexOf(name))
  return set.images.map((image) => {
    const given = image.classIndex ?? new Int16Array(0)
    const index = Uint32Array.from(given.keys()).filter((i) => given[i] >= 0)
    return {
      slide: image.path,
      mpp: mpp ?? image.mpp!,
      nuclei: nucleiOfImage(image),
      index,
      label: Uint16Array.from(index, (i) => position[given[i]]),
    }
  })
}
