export interface DecodeJob {
  readonly id: number
  readonly bytes: Uint8Array
}

export type DecodeReply =
  | { readonly id: number; readonly width: number; readonly height: number; readonly data: Uint8Array }
  /** Why not, in words. */
  | { readonly id: number; readonly error: string }
