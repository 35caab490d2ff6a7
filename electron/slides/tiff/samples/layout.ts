/** How the samples of a pixel become red, green and blue. */
export interface Colours {
  /** TIFF's photometric interpretation. */
  readonly photometric: number
  /** Sample that states opacity, and whether the colours are multiplied by it already; null: none does. */
  readonly alpha: { readonly at: number; readonly isPremultiplied: boolean } | null
  /** Sample value of full intensity: 255, 4095, 65535 … */
  readonly white: number
  /** Indexed colours: red, green and blue of each index. */
  readonly palette?: Uint8Array
  /** Luma coefficients (tag 529) and the range of luma and chroma (tag 532). Default: those of TIFF 6.0. */
  readonly luma?: readonly number[]
  readonly reference?: readonly number[]
}

/** How the samples of a block are stored. */
export interface SampleLayout {
  /** Width of a block in pixels. */
  readonly width: number
  readonly samples: number
  /** Bits per sample, 1 to 16. */
  readonly bits: number
  readonly compression: number
  readonly predictor: number
  readonly isLittleEndian: boolean
  /** The bits of each byte are in reverse order (FillOrder 2). */
  readonly isBitReversed: boolean
  /** Each channel is a block of its own. */
  readonly isPlanar: boolean
  /** Pixels that share a pair of chroma samples, across and down; [1, 1]: none do. */
  readonly subsampling: readonly [across: number, down: number]
  readonly colours: Colours
}

/** A block, or its channels if they are stored apart. null: a sparse file leaves it out. */
export interface SampleBlock {
  readonly rows: number
  readonly planes: readonly (Uint8Array | null)[]
}

/** Blocks that lie below each other. */
export interface SampleJob {
  readonly layout: SampleLayout
  readonly blocks: readonly SampleBlock[]
  /** Size of the part of each block that is wanted: a tile at the edge is padded. */
  readonly width: number
  readonly rows: number
}

/** Returns the bytes of `rows` rows of a block of `samples` channels. */
export function byteLength({ width, bits, subsampling }: SampleLayout, samples: number, rows: number): number {
  const [across, down] = subsampling
  if (across * down === 1) return rows * Math.ceil((width * samples * bits) / 8)
  return Math.ceil(rows / down) * Math.ceil(width / across) * (across * down + 2)
}
