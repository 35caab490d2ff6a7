import { FailureError, nucleiFromOutlines, type LabelledSlide } from '../contract/index.ts'
import { readCocoFolder, selectTiles, type DataSet } from '../formats/cocoFolder.ts'

/** Data folders by --data and --tiles; images without µm/px are refused unless --mpp says it. */
export async function dataSets(
  folders: readonly string[],
  tiles: string | undefined,
  mpp: number | undefined,
): Promise<DataSet[]> {
  const sets = await Promise.all(folders.map(async (folder) => selectTiles(await readCocoFolder(folder), tiles)))
  for (const set of sets)
    for (const image of set.images)
      if (image.mpp === null && mpp === undefined)
        throw new FailureError(
          'no-scale',
          `The µm per pixel of ${image.path} must be known, and coco.json does not say. Add "mpp" to the image or give --mpp.`,
        )
  return sets
}

/** The images of a data set as slides whose nuclei are all labelled; `classes` is the order labels refer to. */
export function labelledSlides(set: DataSet, classes: readonly string[], mpp: number | undefined): LabelledSlide[] {
  const position = set.classes.map((name) => classes.indexOf(name))
  return set.images.map((image) => ({
    slide: image.path,
    mpp: mpp ?? image.mpp!,
    nuclei: nucleiFromOutlines(
      Array.from({ length: image.boxes.length / 4 }, (_, i) => {
        const [x0, y0, x1, y1] = image.boxes.subarray(4 * i, 4 * i + 4)
        return [x0, y0, x1, y0, x1, y1, x0, y1]
      }),
      'imported',
    ),
    index: Uint32Array.from(image.classIndex.keys()),
    label: Uint16Array.from(image.classIndex, (c) => position[c]),
  }))
}
