import { basename } from 'node:path'
import { FailureError, message } from '../../../contract/index.ts'
import { cocoRecords, polygonsOf, type CocoImage, type CocoNucleus } from '../../dataSets/cocoRecords.ts'
import { outlineOfRunLengths } from '../../dataSets/runLengths.ts'
import { largest, outlineOf } from '../geometry.ts'
import type { FileRecord, Importer, NucleusRecord, SlideSize } from '../importer.ts'

/**
 * Yields the nuclei of a COCO file that lie on one slide: on its only picture, or on the one of the slide's name. The
 * outline is the largest polygon or the run lengths; a nucleus with a box only is a dot in its middle.
 */
async function* records(path: string, slide: SlideSize): AsyncGenerator<FileRecord[]> {
  const { images, nuclei, skips } = await cocoRecords(path)
  const image = pictureOf(images, slide, path)
  yield skips.list()
  if (image && images.length > 1) {
    const others = [...nuclei].reduce((n, [id, list]) => n + (id === image.id ? 0 : list.length), 0)
    if (others > 0) yield [{ reason: 'otherPictures', count: others, isOther: true }]
  }
  const own = image ? nuclei.get(image.id)! : []
  // In batches, so that the host can be asked to stop meanwhile.
  for (let k = 0; k < own.length; k += 1000) yield own.slice(k, k + 1000).map(recordOf)
}

function recordOf({ box: [x0, y0, x1, y1], className, segmentation }: CocoNucleus): NucleusRecord {
  const centre = [(x0 + x1) / 2, (y0 + y1) / 2] as const
  const polygons = polygonsOf(segmentation)
  if (polygons.length > 0) return { className, outline: largest(polygons.map((polygon) => outlineOf([...polygon]))) }
  const ring = outlineOfRunLengths(segmentation)
  return ring ? { className, outline: outlineOf([...Array.from(ring)]) } : { className, centre }
}

const stem = (name: string) =>
  name
    .replace(/^.*[\\/]/, '')
    .replace(/(\.ome)?\.[^.]+$/, '')
    .toLowerCase()

function pictureOf(images: readonly CocoImage[], slide: SlideSize, path: string): CocoImage | undefined {
  if (images.length <= 1) return images[0]
  const own = images.filter((image) => slide.name !== undefined && stem(image.file_name) === stem(slide.name))
  if (own.length === 1) return own[0]
  throw new FailureError(
    'invalid-input',
    message('cocoWhichPicture', {
      file: basename(path),
      slide: slide.name ?? '',
      pictures: images.length,
      names: images.slice(0, 5).map((image) => image.file_name),
    }),
  )
}

export const cocoImport: Importer = {
  name: 'COCO JSON',
  endings: ['.json'],
  detect: (_, head) =>
    /^\s*\{/.test(head) &&
    /"(images|annotations|categories)"\s*:\s*\[/.test(head) &&
    /"(file_name|image_id|supercategory|bbox|category_id)"\s*:|"(images|annotations)"\s*:\s*\[\s*\]/.test(head),
  records,
}
