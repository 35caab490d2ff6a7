import type { ClassifiedNuclei, LeftOutCount, Result } from '../../contract/index.ts'
import type { Detections } from './detections.ts'

/** Level-0 pixels. */
export interface SlideSize {
  readonly width: number
  readonly height: number
}

export interface ReadAnnotations {
  readonly classified: ClassifiedNuclei
  /** Records that gave no nucleus, by reason; the reason is a plural noun to put a count in front of. */
  readonly skipped: readonly LeftOutCount[]
}

/** A format of annotation files. Each is defined in one source file and listed in importers.ts. */
export interface Importer {
  /** For people: "QuPath GeoJSON". */
  readonly name: string
  /** File extensions offered by a file chooser, lower case, with dot. */
  readonly extensions: readonly string[]
  /** True if the file is of this kind, by its name and the first 4,096 characters of its (unpacked) text. */
  detect(path: string, head: string): boolean
  /** Reads the nuclei with their outlines. The result is empty if the file lists none. */
  read(path: string, slideSize: SlideSize): Promise<Result<ReadAnnotations>>
  /** Reads the positions of the nuclei; outlines are not needed. */
  detections(path: string): Promise<Detections>
}
