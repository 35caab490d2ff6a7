import { join, relative } from 'node:path'
import { FailureError, message, type Message } from '../../contract/index.ts'
import { cocoFiles, pictureFinder, plainName, rootOf } from './cocoFile.ts'
import { cocoRecords, polygonsOf, type CocoImage, type CocoNucleus } from './cocoRecords.ts'
import type { DataImage, DataSetReader, Outlines } from './dataImage.ts'
import { instancesOf, outlinesOf } from './instanceMap.ts'
import { readMask } from './masks.ts'
import { describePicture, look, namesApart, onEach, pixelsOf } from './place.ts'
import { boxOfRunLengths, outlineOfRunLengths } from './runLengths.ts'

/**
 * Reads pictures with a COCO file. The file has a box (x, y, width, height) and a category per nucleus, and may have
 * µm/px as `mpp` per image. Outlines are polygons, run lengths, or instance maps in labels/.
 */
export const coco: DataSetReader = {
  name: 'COCO folder',
  form: message('formCoco'),
  detect: async (place) => (await cocoFiles(place)).length > 0,
  async open(place) {
    const [file, ...others] = await cocoFiles(place)
    if (others.length > 0)
      throw new FailureError(
        'invalid-input',
        message('cocoSeveral', {
          path: place.path,
          files: [file, ...others].map((path) => relative(place.path, path)),
          first: file,
        }),
      )
    const records = await cocoRecords(file)
    const { classes, skips, oddImages } = records
    if ([...records.nuclei.values()].every((list) => list.length === 0))
      throw new FailureError('empty', message('cocoNoNuclei', { file, left: skips.list() }))
    const find = pictureFinder(file)
    const missing: CocoImage[] = []
    /** Names of pictures that were found by their base name. */
    const elsewhere: string[] = []
    const images: { image: CocoImage; path: string; isThere: boolean }[] = []
    const found = await onEach(records.images, (image) => find(image.file_name))
    const shared = twice(found.map(({ path }) => path))
    for (const [i, image] of records.images.entries()) {
      // A base name that two pictures share says nothing: both would get the pixels of one.
      const { path, byBaseName } = found[i]
      const isThere = found[i].isThere && !(byBaseName && shared.has(path))
      if (byBaseName && isThere) elsewhere.push(image.file_name)
      if (!isThere) missing.push(image)
      // If the file gives its size, an image without a picture can still be scored.
      if (isThere || hasSize(image)) images.push({ image, path, isThere })
      else skips.add('noPicture', records.nuclei.get(image.id)!.length)
    }
    const labels = (await look(rootOf(file))).folders.includes('labels') ? join(rootOf(file), 'labels') : undefined
    const names = namesApart(images.map(({ image }) => pathWithin(image)))
    return {
      path: place.path,
      format: 'COCO folder',
      classes,
      images: await onEach(images, async ({ image, path, isThere }, i) =>
        imageOf(
          { name: names[i], path, ...(await describe(image, isThere ? path : undefined)) },
          records.nuclei.get(image.id)!,
          classes,
          labels && join(labels, pathWithin(image)),
        ),
      ),
      skipped: skips.list(),
      notes: [
        ...(oddImages > 0 ? [message('cocoOddImages', { images: oddImages })] : []),
        ...(elsewhere.length > 0 ? [message('cocoByBaseName', { names: elsewhere })] : []),
        ...(missing.length > 0
          ? [message('cocoPicturesMissing', { names: missing.map((image) => image.file_name) })]
          : []),
        ...notesOnOutlines(images.flatMap(({ image }) => records.nuclei.get(image.id)!)),
      ],
    }
  },
}

/** Returns the texts that occur more than once. */
const twice = (texts: readonly string[]): Set<string> => new Set(texts.filter((text, i) => texts.indexOf(text) !== i))

const hasSize = ({ width, height }: CocoImage) => width > 0 && height > 0
/** Returns the image's path relative to images/ or labels/. */
const pathWithin = (image: CocoImage): string => plainName(image.file_name).replace(/^images\//, '')

/** Returns size and µm/px from the COCO file, and from the picture what the file does not say. */
async function describe(image: CocoImage, picture: string | undefined) {
  const hasAll = hasSize(image) && image.mpp > 0
  const { width, height, mpp } =
    hasAll || picture === undefined ? { ...image, mpp: null } : await describePicture(picture)
  return { width: image.width || width, height: image.height || height, mpp: image.mpp || mpp }
}

const imageOf = (
  picture: Pick<DataImage, 'name' | 'path' | 'width' | 'height' | 'mpp'>,
  nuclei: readonly CocoNucleus[],
  classes: readonly string[],
  labelMap: string | undefined,
): DataImage => ({
  ...picture,
  boxes: Float32Array.from(nuclei.flatMap(({ box }) => box)),
  ...(classes.length
    ? { classIndex: Int16Array.from(nuclei, ({ className }) => classes.indexOf(className ?? '')) }
    : {}),
  outlines: () => outlinesIn(nuclei, labelMap),
  pixels: () => pixelsOf(picture.path),
})

/**
 * Returns the outline in a nucleus's own record. Of several polygons it is the one with the most points: pieces are cut
 * off along straight lines, so they have few.
 */
function ownOutline({ segmentation }: CocoNucleus): ArrayLike<number> | undefined {
  const polygons = polygonsOf(segmentation)
  return polygons.length > 0
    ? polygons.reduce((a, b) => (b.length > a.length ? b : a))
    : outlineOfRunLengths(segmentation)
}

/**
 * Returns the outline of each nucleus: from its record, else from the instance map, else the corners of its box.
 * Returns undefined if no nucleus has an outline.
 */
function outlinesIn(nuclei: readonly CocoNucleus[], labelMap: string | undefined): Promise<Outlines> | undefined {
  const own = nuclei.map(ownOutline)
  const isInMap = labelMap !== undefined && nuclei.some(({ label }, i) => label > 0 && !own[i])
  if (!isInMap && own.every((outline) => outline === undefined)) return nuclei.length ? undefined : Promise.resolve([])
  return (async () => {
    const mapped = isInMap ? await outlinesByLabel(labelMap) : new Map<number, ArrayLike<number>>()
    return nuclei.map((nucleus, i) => own[i] ?? mapped.get(nucleus.label) ?? cornersOf(nucleus))
  })()
}

const cornersOf = ({ box: [x0, y0, x1, y1] }: CocoNucleus): number[] => [x0, y0, x1, y0, x1, y1, x0, y1]

async function outlinesByLabel(path: string): Promise<Map<number, ArrayLike<number>>> {
  const map = await readMask(path)
  const instances = instancesOf(map)
  return new Map(outlinesOf(map, instances).map((outline, i) => [instances.value[i], outline]))
}

function notesOnOutlines(nuclei: readonly CocoNucleus[]): Message[] {
  const without = nuclei.filter(
    ({ label, segmentation }) =>
      label === 0 && polygonsOf(segmentation).length === 0 && boxOfRunLengths(segmentation) === undefined,
  ).length
  return without === 0 || without === nuclei.length
    ? []
    : [message('cocoNoOutlines', { without, nuclei: nuclei.length })]
}
