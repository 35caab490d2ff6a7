import { message } from '../../contract/index.ts'
import { basename, join } from 'node:path'
import type { DataImage, DataSetReader } from './dataImage.ts'
import { describePicture, isPicture, onEach, pixelsOf, stemOf } from './place.ts'

async function unlabelled(path: string): Promise<DataImage> {
  return {
    name: stemOf(path),
    path,
    ...(await describePicture(path)),
    boxes: new Float32Array(0),
    outlines: () => undefined,
    pixels: () => pixelsOf(path),
  }
}

/** A single slide or picture without nuclei. */
export const singlePicture: DataSetReader = {
  name: 'single slide or picture',
  form: message('formPicture'),
  detect: ({ isFolder }) => !isFolder,
  open: async ({ path }) => ({
    path,
    format: 'single slide or picture',
    classes: [],
    images: [await unlabelled(path)],
    skipped: [],
    notes: [message('nucleiNotGiven')],
  }),
}

/** A folder of slides or pictures without nuclei. */
export const pictureFolder: DataSetReader = {
  name: 'pictures without nuclei',
  form: message('formPictures'),
  detect: ({ files }) => files.some(isPicture),
  async open({ path, files }, { onProgress }) {
    const pictures = files.filter(isPicture)
    let done = 0
    const images = await onEach(pictures, async (file) => {
      const image = await unlabelled(join(path, file))
      onProgress?.(++done, pictures.length, `pictures of ${basename(path)}`)
      return image
    })
    return {
      path,
      format: 'pictures without nuclei',
      classes: [],
      images,
      skipped: [],
      notes: [message('nucleiNotGiven')],
    }
  },
}
