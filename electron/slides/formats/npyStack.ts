import { FailureError, message, type RgbImage } from '../../contract/index.ts'
import type { SlideFormat } from './format.ts'
import { checkImageSize, memoryLevel } from '../source/memory.ts'
import { isNpy, npyEntry, npyHeader, type NpyNumbers } from '../source/npy.ts'

/**
 * One picture of a NumPy stack [pictures, height, width, 3], as PanNuke is distributed (float64, several GB). It is
 * named "images.npy#17", counted from 0. Only this picture is read.
 */
export const npyStack: SlideFormat = {
  name: 'NumPy picture stack',
  extensions: [], // opened through its data set: a file chooser cannot say which picture
  decline: (file) => (isNpy(file.head) ? null : message('declinedBytes', { format: 'NumPy file' })),
  async open(file) {
    const header = await npyHeader(file)
    const [count, height, width, channels] = header.shape
    if (header.shape.length !== 4 || channels !== 3)
      throw new FailureError('unsupported', message('stackShape', { file: file.name, shape: header.shape }))
    const { entry } = file
    if (entry === undefined || entry >= count)
      throw new FailureError(
        'invalid-input',
        message('stackEntry', { file: file.name, path: file.path, pictures: count }),
      )
    checkImageSize(file.name, width, height)
    return {
      format: 'NumPy picture stack',
      reader: 'Karyon',
      mpp: null,
      levels: [
        memoryLevel(width, height, async () => rgbOf(await npyEntry(file, header, entry), width, height, file.name)),
      ],
      close: () => file.close(),
    }
  },
}

function rgbOf(numbers: NpyNumbers, width: number, height: number, name: string): RgbImage {
  const data = new Uint8Array(numbers.length)
  let largest = 0
  for (let i = 0; i < numbers.length; i++) {
    const v = Number(numbers[i])
    if (!(v >= 0 && v <= 255)) throw new FailureError('unreadable', message('stackValue', { name, value: String(v) }))
    if (v > largest) largest = v
    data[i] = Math.round(v)
  }
  if (largest > 0 && largest <= 1 && (numbers instanceof Float64Array || numbers instanceof Float32Array))
    throw new FailureError('unsupported', message('stackFractions', { name }))
  return { width, height, data }
}
