export interface BenchSlide {
  readonly columns: number
  readonly rows: number
  /** TIFF numbers. */
  readonly compression: number
  readonly photometric: number
  /** Blocks, used in turn over all places. */
  readonly blocks: readonly Buffer[]
  /** Downsample of each level, the first 1; default: that one alone. */
  readonly downsamples?: readonly number[]
  /** Each block lies in the file once, however often it is used: a slide of any size in a megabyte. */
  readonly isShared?: boolean
}
/**
 * Writes an Aperio BigTIFF, the layout that Karyon and OpenSlide both read. The directories stand behind the tiles, as
 * scanners leave them. Returns its size in bytes.
 */
export declare function writeSlide(path: string, slide: BenchSlide): Promise<number>
