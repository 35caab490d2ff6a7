import type { Piece } from '../jpeg/mosaic.ts'

/** What a decoding thread is asked for. */
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

/** `error`: why not, in words. */
export type DecodeReply = (Decoded | { readonly error: string }) & { readonly id: number }
