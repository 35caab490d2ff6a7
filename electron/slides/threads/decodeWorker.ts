import { moved, serveThread } from '../../threads/index.ts'
import { decodeBmp } from '../bmp/decode.ts'
import type { BmpHeader } from '../bmp/header.ts'
import { decodeMosaic, type Piece } from '../jpeg/mosaic.ts'
import { loadJpeg2000, type Decoded, type DecodeJpeg2000 } from '../jpeg2000/openjpeg.ts'
import { decodeSamples, largestSample } from '../tiff/samples/decode.ts'
import type { SampleJob } from '../tiff/samples/layout.ts'

/** A request to a decoding thread. */
export type Decoding =
  | { readonly codec: 'jpeg2000'; readonly bytes: Uint8Array; readonly isRanged?: boolean }
  | { readonly codec: 'jpeg'; readonly width: number; readonly height: number; readonly pieces: readonly Piece[] }
  | { readonly codec: 'bmp'; readonly header: BmpHeader; readonly bytes: Uint8Array }
  | { readonly codec: 'samples'; readonly job: SampleJob }

/** Creates the calls of a decoding thread. */
function makeDecoder() {
  let jpeg2000: Promise<DecodeJpeg2000> | undefined
  const decoded = async (job: Decoding): Promise<Decoded | { readonly error: string }> => {
    switch (job.codec) {
      case 'jpeg2000':
        return (await (jpeg2000 ??= loadJpeg2000()))(job.bytes, job.isRanged)
      case 'jpeg':
        return decodeMosaic(job.width, job.height, job.pieces) ?? { error: 'a tile is of a rarer kind' }
      case 'bmp':
        return decodeBmp(job.header, job.bytes)
      case 'samples':
        return decodeSamples(job.job)
    }
  }
  return {
    /** Decodes a tile, or returns in words why that failed. */
    async decode(job: Decoding): Promise<Decoded | { readonly error: string }> {
      const image = await decoded(job)
      return 'data' in image ? moved(image, [image.data.buffer]) : image
    },
    /** Returns the largest sample of some blocks. */
    largest: (job: Pick<SampleJob, 'layout' | 'blocks'>): number => largestSample(job),
  }
}

export type DecodeThread = typeof makeDecoder
serveThread(makeDecoder)
