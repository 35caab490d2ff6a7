import type { RgbImage, LeftOutCount, Message } from '../../contract/index.ts'

/** Flat x, y lists in pixels, one per nucleus, not closed. */
export type Outlines = readonly ArrayLike<number>[]

/** One image of a data set with its nuclei. A pixel's centre is at +0.5. */
export interface DataImage {
  /** File name without extension, as --tiles names it; with its folder ("a/1") where another has the same. */
  readonly name: string
  /** What openSlide opens: a file, or an entry of a NumPy stack ("images.npy#17"). */
  readonly path: string
  readonly width: number
  readonly height: number
  /** µm per pixel; null if the data set does not give it. */
  readonly mpp: number | null
  /** xmin, ymin, xmax, ymax per nucleus, pixels; empty where none are given. */
  readonly boxes: Float32Array
  /** x, y per nucleus, pixels, where the data set gives dots; `boxes` is then empty, and there are no outlines. */
  readonly centres?: Float64Array
  /** Index into DataSet.classes of each nucleus, −1 = none; absent where the data set has no classes. */
  readonly classIndex?: Int16Array
  /** Reads the nuclei's outlines on request; undefined if the data set has boxes only. */
  outlines(): Promise<Outlines> | undefined
  /** Reads the whole image on request. It is not kept. */
  pixels(): Promise<RgbImage>
}

export interface DataSet {
  /** What was opened. */
  readonly path: string
  /** For people: "PanNuke", "COCO folder", … */
  readonly format: string
  /** Empty if the nuclei have no classes. */
  readonly classes: readonly string[]
  readonly images: readonly DataImage[]
  /** Records that were left out, and why. */
  readonly skipped: readonly LeftOutCount[]
  /** What a user should know about how it was read: merged classes, an assumed scale. */
  readonly notes: readonly Message[]
}
export interface OpenDataSetOptions {
  /** Called with progress while a large data set is read. */
  readonly onProgress?: (done: number, of: number, what: string) => void
}

/** One way in which data sets are distributed. */
export interface DataSetReader {
  readonly name: string
  /** What it looks like, for the sentence that names what can be read. */
  readonly form: Message
  detect(place: Place): boolean | Promise<boolean>
  open(place: Place, options: OpenDataSetOptions): Promise<DataSet>
}

/** What stands at a path: enough to tell formats apart without opening a file. */
export interface Place {
  readonly path: string
  readonly isFolder: boolean
  /** Names directly in the folder, sorted as people count; empty for a file. */
  readonly files: readonly string[]
  readonly folders: readonly string[]
}
