import { moved, serveThread } from '../../threads/index.ts'
import { decodeMosaic, type Piece } from '../jpeg/mosaic.ts'
import { loadJpeg2000, type Decoded, type DecodeJpeg2000 } from '../jpeg2000/openjpeg.ts'

/** A request to a decoding thread. */
export type Decoding =
  | { readonly codec: 'jpeg2000'; readonly bytes: Uint8Array }
  | { readonly codec: 'jpeg'; readonly width: number; readonly height: number; readonly pieces: readonly Piece[] }

/** Creates the calls of a decoding thread. */
function makeDecoder() {
  let jpeg2000: Promise<DecodeJpeg2000> | undefined
  return {
    /** Decodes a tile, or returns in words why that failed. */
    async decode(job: Decoding): Promise<Decoded | { readonly error: string }> {
      const image =
        job.codec === 'jpeg2000'
          ? (await (jpeg2000 ??= loadJpeg2000()))(job.bytes)
          : (decodeMosaic(job.width, job.height, job.pieces) ?? { error: 'a tile is of a rarer kind' })
      return 'data' in image ? moved(image, [image.data.buffer]) : image
    },
  }
}

export type DecodeThread = typeof makeDecoder
serveThread(makeDecoder)
