import { readdir, stat } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import { FailureError, message, systemFailure } from '../../contract/index.ts'
import type { DataImage } from '../../formats/dataSets/index.ts'

const isPrediction = (file: string) => /\.(geo)?json(\.gz)?$/i.test(file) && !/^(type_info|coco)\.json$/i.test(file)

/**
 * Finds the file with another system's output for each image. The file's name is the image's name, optionally followed
 * by a separator and more text ("train_3.json", "train_3_cell_detection.geojson"), in a folder if the image's name has
 * one ("a/1.json"). For a single image it may be any single file. Throws FailureError 'invalid-input' if an image has
 * no file: a missing file does not mean that no nuclei were found.
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

/** Lists prediction files. HoVer-Net writes them to json/ beside its overlays. */
async function filesIn(folder: string, isDeep: boolean): Promise<string[]> {
  const names = await readdir(folder, { recursive: isDeep })
  const files = names.filter((name) => isPrediction(basename(name)))
  if (files.length === 0 && names.includes('json')) return filesIn(join(folder, 'json'), isDeep)
  return files.map((file) => join(folder, file))
}

/** Returns the image with the longest name that starts the file's name: train_10.json does not belong to train_1. */
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
