import type { ClassifiedNuclei, LeftOutCount, Result } from '../../contract/index.ts'
import type { Detections } from './detections.ts'

/** Level-0 pixels. */
export interface SlideSize {
  readonly width: number
  readonly height: number
}

export interface ReadAnnotations {
  readonly classified: ClassifiedNuclei
  /** What gave no nucleus, and why; the reason is a plural to put a count in front of. */
  readonly skipped: readonly LeftOutCount[]
}

/** One kind of annotation file. Its own file says all of it; importers.ts lists it. */
export interface Importer {
  /** For people: "QuPath GeoJSON". */
  readonly name: string
  /** File name endings a chooser offers, lower case, with dot. */
  readonly extensions: readonly string[]
  /** True if the file is of this kind, by its name and the first 4,096 characters of its (unpacked) text. */
  detect(path: string, head: string): boolean
  /** Nuclei with their outlines; none where the file lists none. */
  read(path: string, slideSize: SlideSize): Promise<Result<ReadAnnotations>>
  /** Where its nuclei are; an outline is not needed. */
  detections(path: string): Promise<Detections>
}
