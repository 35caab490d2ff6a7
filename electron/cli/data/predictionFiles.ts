import { readdir, stat } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import { FailureError, message, systemFailure } from '../../contract/index.ts'
import type { DataImage } from '../../formats/dataSets/index.ts'

const isPrediction = (file: string) => /\.(geo)?json(\.gz)?$/i.test(file) && !/^(type_info|coco)\.json$/i.test(file)

/**
 * The file with another system's output for each image: of the image's name, with whatever follows it after a sign
 * ("train_3.json", "train_3_cell_detection.geojson"), in folders where the name has one ("a/1.json"); or a single file
 * for a single image. Fails with 'invalid-input'
 * where an image has none: nothing found and nothing there are different answers.
 */
export async function predictionFiles(path: string, images: readonly DataImage[]): Promise<Map<string, string>> {
  const isFolder = await stat(path).then(
    (s) => s.isDirectory(),
    (error: unknown) => {
      const failure = systemFailure(error, { do: 'readFile', path })
      throw failure ? FailureError.of(failure) : error
    },
  )
  if (!isFolder && images.length === 1) return new Map([[images[0].name, path]])
  const isDeep = images.some(({ name }) => name.includes('/'))
  const files = isFolder ? await filesIn(path, isDeep) : [path]
  const found = new Map<string, string>()
  for (const file of files) {
    const inside = relative(path, file).replaceAll(sep, '/')
    const owner = ownerOf(inside, images) ?? ownerOf(basename(file), images)
    if (!owner) continue
    const other = found.get(owner.name)
    if (other !== undefined)
      throw new FailureError(
        'invalid-input',
        message('predictionsTwice', { image: owner.name, files: [relative(path, other), relative(path, file)] }),
      )
    found.set(owner.name, file)
  }
  const without = images.filter(({ name }) => !found.has(name)).map(({ name }) => name)
  if (without.length > 0)
    throw new FailureError('invalid-input', message('predictionsMissing', { path, images: images.length, without }))
  return found
}

/** HoVer-Net writes json/ beside its overlays. */
async function filesIn(folder: string, isDeep: boolean): Promise<string[]> {
  const names = await readdir(folder, { recursive: isDeep })
  const files = names.filter((name) => isPrediction(basename(name)))
  if (files.length === 0 && names.includes('json')) return filesIn(join(folder, 'json'), isDeep)
  return files.map((file) => join(folder, file))
}

/** The image with the longest name that the file's name begins with: train_10.json is not of train_1. */
function ownerOf(file: string, images: readonly DataImage[]): DataImage | undefined {
  let owner: DataImage | undefined
  for (const image of images)
    if (
      file.startsWith(image.name) &&
      !/[a-z0-9]/i.test(file[image.name.length] ?? '.') &&
      (owner === undefined || image.name.length > owner.name.length)
    )
      owner = image
  return owner
}
