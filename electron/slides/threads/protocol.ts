import type { Piece } from '../jpeg/mosaic.ts'

/** A request to a decoding thread. */
export type Decoding =
  | { readonly codec: 'jpeg2000'; readonly bytes: Uint8Array }
  | { readonly codec: 'jpeg'; readonly width: number; readonly height: number; readonly pieces: readonly Piece[] }

export type DecodeJob = Decoding & { readonly id: number }

/** Interleaved 8-bit samples. */
export interface Decoded {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

/** The answer to a job. `error`: why it failed, in words. */
export type DecodeReply = (Decoded | { readonly error: string }) & { readonly id: number }
