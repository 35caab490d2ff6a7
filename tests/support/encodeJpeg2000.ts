import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { RgbImage } from '../../electron/contract/index.ts'

interface Encoder {
  getDecodedBuffer(info: {
    width: number
    height: number
    bitsPerSample: number
    componentCount: number
    isSigned: boolean
    isUsingColorTransform: boolean
  }): Uint8Array
  setQuality(isLossless: boolean, quality: number): void
  setDecompositions(count: number): void
  encode(): void
  getEncodedBuffer(): Uint8Array
  delete(): void
}
type Load = (options: { wasmBinary: Uint8Array; print: () => void }) => Promise<{ J2KEncoder: new () => Encoder }>

const resolve = createRequire(import.meta.url)
let loaded: ReturnType<Load> | undefined

/** A reversible JPEG 2000 codestream of three components, as they are: RGB or YCbCr. */
export async function encodeJpeg2000({ width, height, data }: RgbImage): Promise<Buffer> {
  const { J2KEncoder } = await (loaded ??= (resolve('@cornerstonejs/codec-openjpeg/wasmjs') as Load)({
    wasmBinary: readFileSync(resolve.resolve('@cornerstonejs/codec-openjpeg/wasm')),
    print: () => undefined,
  }))
  const encoder = new J2KEncoder()
  try {
    const info = { width, height, bitsPerSample: 8, componentCount: 3, isSigned: false, isUsingColorTransform: false }
    encoder.getDecodedBuffer(info).set(data)
    encoder.setQuality(true, 0)
    encoder.setDecompositions(3)
    encoder.encode()
    return Buffer.from(encoder.getEncodedBuffer())
  } finally {
    encoder.delete()
  }
}
