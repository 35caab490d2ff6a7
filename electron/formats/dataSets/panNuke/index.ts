import { basename, dirname, join } from 'node:path'
import { FailureError, message } from '../../../contract/index.ts'
import { openSlideFile } from '../../../slides/source/file.ts'
import { npyHeader } from '../../../slides/source/npy.ts'
import type { DataImage, DataSetReader, OpenDataSetOptions, Place } from '../dataImage.ts'
import { foldIndex, foldOutlines, openMasks } from './maskIndex.ts'
import { look, pixelsOf } from '../place.ts'

/** 40×, resampled to .25 µm per pixel (Gamper et al. 2020, "PanNuke Dataset Extension"); the files do not say it. */
const panNukeMpp = 0.25
/** The order of the mask's channels. */
const classes = ['neoplastic', 'inflammatory', 'connective', 'dead', 'epithelial']

interface Fold {
  /** "fold1" */
  readonly name: string
  readonly images: string
  readonly masks: string
  readonly types?: string
}

const named = (names: readonly string[], name: string) => names.find((n) => n.toLowerCase() === name)

/**
 * The folds at or below a place: flat (images.npy + masks.npy), images/fold1/ + masks/fold1/, or "Fold
 * 1/images/fold1/".
 */
async function foldsAt(place: Place): Promise<Fold[]> {
  const images = named(place.files, 'images.npy')
  if (images) return [await flatFold(place, images)]
  const imageFolder = named(place.folders, 'images')
  if (imageFolder) {
    const inside = await look(join(place.path, imageFolder))
    const folds = await Promise.all(
      (inside.files.includes('images.npy') ? ['.'] : inside.folders).map(async (name) =>
        partedFold(place, await look(join(inside.path, name))),
      ),
    )
    return folds.filter((f) => f !== undefined)
  }
  const below = place.folders.filter((f) => /^fold[ _-]?\d+$/i.test(f))
  return (await Promise.all(below.map(async (f) => foldsAt(await look(join(place.path, f)))))).flat()
}

/** Number of a fold as its folder says it: "Fold 2", "fold_2" → "fold2". */
const foldName = (path: string): string => {
  const number = /fold[ _-]?(\d+)/gi
  return `fold${[...path.matchAll(number)].at(-1)?.[1] ?? ''}`
}

/** Images and masks in one folder, or the masks where they lie as distributed: ../../masks/fold1. */
async function flatFold(place: Place, images: string): Promise<Fold> {
  const masks = named(place.files, 'masks.npy')
  return {
    name: foldName(place.path),
    images: join(place.path, images),
    masks: masks
      ? join(place.path, masks)
      : join(dirname(dirname(place.path)), 'masks', basename(place.path), 'masks.npy'),
    ...typesIn(place),
  }
}

function partedFold(base: Place, inside: Place): Fold | undefined {
  const images = named(inside.files, 'images.npy')
  if (!images) return undefined
  const folder = basename(inside.path)
  const masks = join(base.path, named(base.folders, 'masks') ?? 'masks')
  return {
    name: foldName(inside.path),
    images: join(inside.path, images),
    masks: /^images$/i.test(folder) ? join(masks, 'masks.npy') : join(masks, folder, 'masks.npy'),
    ...typesIn(inside),
  }
}

const typesIn = (place: Place): { types?: string } => {
  const types = named(place.files, 'types.npy')
  return types ? { types: join(place.path, types) } : {}
}

/** PanNuke as distributed: images.npy and masks.npy of several GB per fold, streamed. */
export const panNuke: DataSetReader = {
  name: 'PanNuke',
  form: message('formPanNuke'),
  detect: async (place) => place.isFolder && (await foldsAt(place)).length > 0,
  async open(place, options) {
    const images: DataImage[] = []
    for (const fold of await foldsAt(place)) images.push(...(await openFold(fold, options)))
    return {
      path: place.path,
      format: 'PanNuke',
      classes,
      images,
      skipped: [],
      notes: [message('scaleBySet', { mpp: panNukeMpp, set: 'PanNuke' })],
    }
  },
}

async function openFold(
  { name, images, masks, types }: Fold,
  { onProgress }: OpenDataSetOptions,
): Promise<DataImage[]> {
  const [pictures, height, width] = await shapeOf(images)
  const { file, header } = await openMasks(masks)
  await file.close()
  if (header.shape[0] !== pictures || header.shape[1] !== height || header.shape[2] !== width)
    throw new FailureError(
      'invalid-input',
      message('panNukeMasks', {
        images,
        pictures: [pictures, height, width],
        masks,
        found: [...header.shape].slice(0, 3),
      }),
    )
  const tissues = types === undefined ? pictures : (await shapeOf(types))[0]
  if (tissues !== pictures)
    throw new FailureError(
      'invalid-input',
      message('panNukeTissues', { images, pictures, types: types ?? '–', tissues }),
    )
  const index = await foldIndex(masks, (done, of) => onProgress?.(done, of, `masks of ${name}`))
  return Array.from({ length: pictures }, (_, k): DataImage => {
    const [from, to] = [index.start[k], index.start[k + 1]]
    const path = `${images}#${k}`
    return {
      name: `${name}_${k}`,
      path,
      width,
      height,
      mpp: panNukeMpp,
      boxes: Float32Array.from(index.box.subarray(4 * from, 4 * to)),
      classIndex: Int16Array.from(index.channel.subarray(from, to)),
      outlines: () => foldOutlines(masks, index, k),
      pixels: () => pixelsOf(path),
    }
  })
}

async function shapeOf(path: string): Promise<readonly number[]> {
  const file = await openSlideFile(path)
  try {
    return (await npyHeader(file)).shape
  } finally {
    await file.close()
  }
}
