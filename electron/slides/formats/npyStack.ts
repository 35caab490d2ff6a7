import { FailureError, type RgbImage } from '../../contract/index.ts'
import type { SlideFormat } from './format.ts'
import { checkImageSize, memoryLevel } from '../source/memory.ts'
import { isNpy, npyEntry, npyHeader, type NpyNumbers } from '../source/npy.ts'

/**
 * One picture of a NumPy stack [pictures, height, width, 3], as PanNuke is distributed (float64, several GB). It is
 * named "images.npy#17", counted from 0. Only this picture is read.
 */
export const npyStack: SlideFormat = {
  name: 'NumPy picture stack',
  extensions: [], // opened through its data set: a file chooser cannot choose a picture in it
  decline: (file) => (isNpy(file.head) ? null : 'its first bytes are not those of a NumPy file'),
  async open(file) {
    const header = await npyHeader(file)
    const [count, height, width, channels] = header.shape
    if (header.shape.length !== 4 || channels !== 3)
      throw new FailureError(
        'unsupported',
        `${file.name} must hold pictures, [number, height, width, 3], but it holds an array of ${header.shape.join(' × ')}.`,
      )
    const { entry } = file
    if (entry === undefined || entry >= count)
      throw new FailureError(
        'invalid-input',
        `${file.name} holds ${count} pictures; name one of them: ${file.path}#0 to #${count - 1}.`,
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
    if (!(v >= 0 && v <= 255))
      throw new FailureError('unreadable', `The pixels of ${name} must lie between 0 and 255, but one is ${v}.`)
    if (v > largest) largest = v
    data[i] = Math.round(v)
  }
  if (largest > 0 && largest <= 1 && (numbers instanceof Float64Array || numbers instanceof Float32Array))
    throw new FailureError(
      'unsupported',
      `The pixels of ${name} must lie between 0 and 255, but they lie between 0 and 1. Save the stack again, multiplied by 255.`,
    )
  return { width, height, data }
}
