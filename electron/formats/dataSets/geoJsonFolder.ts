import { basename, join } from 'node:path'
import { FailureError, message } from '../../contract/index.ts'
import { boxOf, outlineOf } from '../../../models/nuclei/nuclei.ts'
import { readShapes } from '../annotations/importers.ts'
import { Skips } from '../annotations/skips.ts'
import type { DataImage, DataSetReader, Place } from './dataImage.ts'
import { describePicture, isPicture, onEach, pixelsOf, stemOf } from './place.ts'

const annotation = /\.geojson(\.gz)?$/i

/** The annotation file of each picture: X_nuclei.geojson or else X.geojson for X.png, also with .gz. */
function annotations({ files }: Place): Map<string, string> {
  const byStem = new Map(
    files.filter((f) => annotation.test(f)).map((f) => [f.replace(annotation, '').toLowerCase(), f]),
  )
  return new Map(
    files.filter(isPicture).flatMap((picture) => {
      const stem = stemOf(picture).toLowerCase()
      const file = byStem.get(`${stem}_nuclei`) ?? byStem.get(stem)
      return file === undefined ? [] : [[picture, file] as const]
    }),
  )
}

/**
 * Throws FailureError 'invalid-input' if a picture has no nuclei, or nuclei have no picture. A file of something else on
 * a picture (PUMA's X_tissue.geojson) is neither.
 */
function checkPairs({ path, files }: Place, pairs: ReadonlyMap<string, string>): void {
  const pictures = files.filter(isPicture)
  const stems = pictures.map((f) => stemOf(f).toLowerCase())
  const others = files.filter((f) => annotation.test(f))
  const withoutAnnotation = pictures.filter((f) => !pairs.has(f))
  const withoutPicture = others.filter((f) => !stems.some((stem) => f.toLowerCase().startsWith(stem)))
  if (withoutAnnotation.length + withoutPicture.length === 0) return
  throw new FailureError(
    'invalid-input',
    message('unpaired', {
      ...{ pictures: path, annotations: path, what: message('whatAnnotations') },
      ...{ counts: [pictures.length, others.length], withoutAnnotation, withoutPicture },
    }),
  )
}

/** Pictures with QuPath's GeoJSON of the same names beside them: outlines and classes, as PUMA's. */
export const geoJsonFolder: DataSetReader = {
  name: 'pictures with GeoJSON',
  form: message('formGeoJson'),
  detect: (place) => annotations(place).size > 0,
  async open(place, { onProgress }) {
    const pairs = annotations(place)
    checkPairs(place, pairs)
    const skips = new Skips()
    let done = 0
    const read = await onEach([...pairs], async ([picture, file]) => {
      const path = join(place.path, picture)
      const size = await describePicture(path)
      const { classified, skipped } = await readShapes(join(place.path, file), size)
      for (const { reason, count } of skipped) skips.add(reason, count)
      onProgress?.(++done, pairs.size, `annotations of ${basename(place.path)}`)
      return { path, size, ...classified }
    })
    const classes = [...new Set(read.flatMap((image) => image.classes.map(({ name }) => name)))]
    const images = read.map(({ path, size, nuclei, classIndex, classes: own }): DataImage => {
      const position = own.map(({ name }) => classes.indexOf(name))
      const each = Array.from({ length: nuclei.count }, (_, i) => i)
      return {
        name: stemOf(path),
        path,
        ...size,
        boxes: Float32Array.from(each.flatMap((i) => boxOf(nuclei, i))),
        ...(classes.length > 0 && { classIndex: classIndex.map((c) => (c < 0 ? -1 : position[c])) }),
        outlines: () => Promise.resolve(each.map((i) => outlineOf(nuclei, i))),
        pixels: () => pixelsOf(path),
      }
    })
    return { path: place.path, format: 'pictures with GeoJSON', classes, images, skipped: skips.list(), notes: [] }
  },
}
