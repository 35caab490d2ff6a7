import { instancesOf, outlinesOf } from '../dataSets/instanceMap.ts'
import { readMask } from '../dataSets/masks.ts'
import { fileBytes } from '../files/fileBytes.ts'
import { outlineOf } from './geometry.ts'
import type { FileRecord, Importer, SlideSize } from './importer.ts'

/**
 * Yields the nuclei of a label image: each value is a nucleus, or each connected part if there is only one value. It must
 * have the slide's size, because nothing else says where it lies.
 */
async function* records(path: string, slide: SlideSize): AsyncGenerator<FileRecord[]> {
  const map = await readMask(path, /\.gz$/i.test(path) ? await wholeFile(path) : path, slide)
  const instances = instancesOf(map)
  yield outlinesOf(map, instances).map((outline) => ({ outline: outlineOf([...outline]) }))
}

/** Returns a file's (unpacked) content. */
async function wholeFile(path: string): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const bytes of fileBytes(path)) pieces.push(bytes)
  return Buffer.concat(pieces)
}

const signatures = ['89504e470d0a1a0a', '49492a00', '4d4d002a', '49492b00', '4d4d002b', '52494646']

export const labelImageImport: Importer = {
  name: 'label image (PNG, TIFF)',
  endings: [],
  detect: (_, __, bytes) => signatures.some((signature) => bytes.toString('hex').startsWith(signature)),
  records,
}
