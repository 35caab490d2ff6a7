import { stemPixel } from '../stem/efficientNet.ts'

const seen = Float32Array.from({ length: 256 }, (_, byte) => stemPixel(byte))

/**
 * Returns interleaved RGB bytes in the form the stem takes, one plane per channel. A picture smaller than `side` is
 * mirrored at its right and bottom edges, as often as needed.
 * @returns [3, side, side]
 */
export function detectorInput(rgb: Uint8Array, width: number, height: number, side: number): Float32Array<ArrayBuffer> {
  const plane = side * side
  const image = new Float32Array(3 * plane)
  const columns = Int32Array.from({ length: side }, (_, x) => 3 * mirrored(x, width))
  for (let y = 0, to = 0; y < side; y++) {
    const row = 3 * width * mirrored(y, height)
    for (let x = 0; x < side; x++, to++) {
      const from = row + columns[x]
      image[to] = seen[rgb[from]]
      image[plane + to] = seen[rgb[from + 1]]
      image[2 * plane + to] = seen[rgb[from + 2]]
    }
  }
  return image
}

/** Index among `length` pixels of the i-th pixel of the endlessly mirrored row. */
function mirrored(i: number, length: number): number {
  const at = i % (2 * length)
  return at < length ? at : 2 * length - 1 - at
}
