import { message } from '../../contract/index.ts'
import { basename, join } from 'node:path'
import type { DataSetReader, Place } from './dataImage.ts'
import { instancesOf, outlinesOf } from './instanceMap.ts'
import { checkSameSize, isMask, readMask } from './maskImage.ts'
import { describePicture, look, onEach, paired, pixelsOf } from './place.ts'

const pictures = (place: Place) => place.folders.find((f) => /^(images?|imgs?|tissue)([ _-].*)?$/i.test(f))
const masks = (place: Place) => place.folders.find((f) => /^(labels?|masks?|instances?|inst)([ _-].*)?$/i.test(f))

/** Pictures with instance maps or binary masks of the same names: NuInsSeg's images_jpg/ + masks/, BBBC038's images/ + labels/. */
export const maskFolder: DataSetReader = {
  name: 'instance maps',
  form: message('formMasks'),
  detect: (place) => pictures(place) !== undefined && masks(place) !== undefined,
  async open(place, { onProgress }) {
    const pairs = paired(
      await look(join(place.path, pictures(place)!)),
      await look(join(place.path, masks(place)!)),
      isMask,
      message('whatMasks'),
    )
    let done = 0
    const images = await onEach(pairs, async ({ name, picture, annotation }) => {
      const map = await readMask(annotation)
      const size = await describePicture(picture)
      checkSameSize(size, map, picture)
      const { boxes } = instancesOf(map)
      onProgress?.(++done, pairs.length, `masks of ${basename(place.path)}`)
      return {
        name,
        path: picture,
        ...size,
        boxes,
        outlines: async () => {
          const map = await readMask(annotation)
          return outlinesOf(map, instancesOf(map))
        },
        pixels: () => pixelsOf(picture),
      }
    })
    return { path: place.path, format: 'instance maps', classes: [], images, skipped: [], notes: [] }
  },
}
