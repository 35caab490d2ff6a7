import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import sharp from 'sharp'
import { random } from '../../models/nn/random.ts'

/** Side of a tile, pixels: the most common one in scanners' files. */
export const tileSide = 256

/**
 * Makes an RGB picture about as detailed as stained tissue: a pale, grainy background and dark ellipses as large as
 * nuclei.
 */
export function tissueLike(seed: number): Uint8Array {
  const data = new Uint8Array(tileSide * tileSide * 3)
  const { next } = random(seed)
  const nuclei = Array.from({ length: 28 }, () => [next() * tileSide, next() * tileSide, 5 + next() * 6])
  for (let y = 0, i = 0; y < tileSide; y++)
    for (let x = 0; x < tileSide; x++) {
      const isNucleus = nuclei.some(([cx, cy, r]) => (x - cx) ** 2 + 1.4 * (y - cy) ** 2 < r * r)
      const grain = (next() + next() - 1) * 14 + 12 * Math.sin(x / 9 + seed) * Math.cos(y / 7)
      const [red, green, blue] = isNucleus ? [110, 80, 150] : [225, 175, 205]
      for (const level of [red, green, blue]) data[i++] = Math.min(255, Math.max(0, level + grain))
    }
  return data
}

/** Encodes the picture as JPEG, in the quality that scanners use. */
export const asJpeg = (rgb: Uint8Array): Promise<Buffer> =>
  sharp(rgb, { raw: { width: tileSide, height: tileSide, channels: 3 } })
    .jpeg({ quality: 80, chromaSubsampling: '4:2:0' })
    .toBuffer()

interface Encoder {
  getDecodedBuffer(info: object): Uint8Array
  setQuality(isLossless: boolean, quality: number): void
  setCompressionRatio(layer: number, ratio: number): void
  setDecompositions(count: number): void
  encode(): void
  getEncodedBuffer(): Uint8Array
  delete(): void
}
type Load = (options: { wasmBinary: Uint8Array; print: () => void }) => Promise<{ J2KEncoder: new () => Encoder }>

/** Encodes pictures as irreversible JPEG 2000 codestreams, a twelfth of their size. */
export async function asJpeg2000(pictures: readonly Uint8Array[]): Promise<Buffer[]> {
  const require = createRequire(import.meta.url)
  const { J2KEncoder } = await (require('@cornerstonejs/codec-openjpeg/wasmjs') as Load)({
    wasmBinary: readFileSync(require.resolve('@cornerstonejs/codec-openjpeg/wasm')),
    print: () => undefined,
  })
  return pictures.map((rgb) => {
    const encoder = new J2KEncoder()
    const info = { width: tileSide, height: tileSide, bitsPerSample: 8, componentCount: 3, isSigned: false }
    encoder.getDecodedBuffer({ ...info, isUsingColorTransform: true }).set(rgb)
    encoder.setQuality(false, 0)
    encoder.setCompressionRatio(0, 12)
    encoder.setDecompositions(5)
    encoder.encode()
    const bytes = Buffer.from(encoder.getEncodedBuffer())
    encoder.delete()
    return bytes
  })
}
