import { basename, dirname, join } from 'node:path'
import { FailureError, message } from '../../../contract/index.ts'
import { openSlideFile } from '../../../slides/source/file.ts'
import { npyHeader } from '../../../slides/source/npy.ts'
import type { DataImage, DataSetReader, OpenDataSetOptions, Place } from '../dataImage.ts'
import { foldIndex, foldOutlines, openMasks } from './maskIndex.ts'
import { look, pixelsOf } from '../place.ts'

/** µm/px after resampling to 40× (Gamper et al. 2020, "PanNuke Dataset Extension"). The files do not contain it. */
const panNukeMpp = 0.25
/** Classes in the order of the mask's channels. */
const classes = ['neoplastic', 'inflammatory', 'connective', 'dead', 'epithelial']

interface Fold {
  /** "fold1" */
  readonly name: string
  readonly images: string
  readonly masks: string
  readonly types?: string
}

const nameIn = (names: readonly string[], name: string) => names.find((n) => n.toLowerCase() === name)

/**
 * Finds the folds at or below a place: images.npy and masks.npy in the folder itself, images/fold1/ and masks/fold1/,
 * or either of these in folders such as "Fold 1".
 */
async function foldsAt(place: Place): Promise<Fold[]> {
  const images = nameIn(place.files, 'images.npy')
  if (images) return [await flatFold(place, images)]
  const imageFolder = nameIn(place.folders, 'images')
  if (imageFolder) {
    const inside = await look(join(place.path, imageFolder))
    const folds = await Promise.all(
      (inside.files.includes('images.npy') ? ['.'] : inside.folders).map(async (name) =>
        distributedFold(place, await look(join(inside.path, name))),
      ),
    )
    return folds.filter((f) => f !== undefined)
  }
  const below = place.folders.filter((f) => /^fold[ _-]?\d+$/i.test(f))
  return (await Promise.all(below.map(async (f) => foldsAt(await look(join(place.path, f)))))).flat()
}

/** Returns the name of a fold from its path: "fold2" for "Fold 2" or "fold_2". */
const foldName = (path: string): string => {
  const number = /fold[ _-]?(\d+)/gi
  return `fold${[...path.matchAll(number)].at(-1)?.[1] ?? ''}`
}

/** Returns a fold whose masks are in the same folder, or else at ../../masks/fold1 as distributed. */
async function flatFold(place: Place, images: string): Promise<Fold> {
  const masks = nameIn(place.files, 'masks.npy')
  return {
    name: foldName(place.path),
    images: join(place.path, images),
    masks: masks
      ? join(place.path, masks)
      : join(dirname(dirname(place.path)), 'masks', basename(place.path), 'masks.npy'),
    ...typesIn(place),
  }
}

function distributedFold(base: Place, inside: Place): Fold | undefined {
  const images = nameIn(inside.files, 'images.npy')
  if (!images) return undefined
  const folder = basename(inside.path)
  const masks = join(base.path, nameIn(base.folders, 'masks') ?? 'masks')
  return {
    name: foldName(inside.path),
    images: join(inside.path, images),
    masks: /^images$/i.test(folder) ? join(masks, 'masks.npy') : join(masks, folder, 'masks.npy'),
    ...typesIn(inside),
  }
}

const typesIn = (place: Place): { types?: string } => {
  const types = nameIn(place.files, 'types.npy')
  return types ? { types: join(place.path, types) } : {}
}

/** Reads PanNuke as distributed. Each fold has images.npy and masks.npy of several GB, which are streamed. */
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
