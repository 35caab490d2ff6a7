import type { AnnotationEnding, ClassifiedNuclei, LeftOut, LeftOutCount, Message } from '../../contract/index.ts'
import type { NoOutline, OuterRing } from './geometry.ts'

/** The slide or picture that a file's nuclei lie on. */
export interface SlideSize {
  /** Level-0 pixels. */
  readonly width: number
  readonly height: number
  /** µm per level-0 pixel; null or absent: unknown. */
  readonly mpp?: number | { readonly x: number; readonly y: number } | null
  /** File name of the slide, by which a file of several pictures is searched. */
  readonly name?: string
}

/** One nucleus as a file gives it. Coordinates are level-0 pixels. */
export interface NucleusRecord {
  /** Its outline, or why the file gives none. Absent: the file gives a centre only. */
  readonly outline?: OuterRing | NoOutline
  /** Where the file gives it, or where the nucleus is a dot. */
  readonly centre?: readonly [number, number]
  readonly className?: string
  /** #rrggbb of the class */
  readonly color?: string
  /** Properties that may hold the class, for files without classifications: decided when all are read. */
  readonly properties?: Readonly<Record<string, unknown>>
  readonly probabilities?: ReadonlyMap<string, number>
  /** Whether a human gave the class, where the file says so. */
  readonly labelled?: boolean
  readonly measurements?: readonly (readonly [string, number])[]
  /** UUID of the nucleus in the other tool. */
  readonly id?: string
  /** True for a region unless the file holds nothing else: it is then a hand-drawn nucleus. */
  readonly isRegion?: boolean
}
/** A record that gives no nucleus. */
export interface OtherRecord {
  readonly reason: LeftOut
  readonly count?: number
  /** True if it was never meant to be a nucleus, such as a tile. */
  readonly isOther?: boolean
}
/** What a file says about its classes, which may stand after the nuclei. */
export interface ClassNames {
  /** Names by the number or short name that the nuclei have. */
  readonly names?: ReadonlyMap<string, string>
  /** #rrggbb by name. */
  readonly colors?: ReadonlyMap<string, string>
  /** A sentence for the user about how the file was read. */
  readonly note?: Message
}
export type FileRecord = NucleusRecord | OtherRecord | ClassNames

/** Dots of a file: nuclei without an outline. */
export interface Dots {
  /** x, y of each, level-0 pixels. */
  readonly centres: Float64Array
  /** Index into the classes of `classified`, −1 = none. */
  readonly classIndex: Int16Array
  /** As in ClassifiedNuclei. */
  readonly labelled?: Uint8Array
}

export interface ReadAnnotations {
  readonly classified: ClassifiedNuclei
  readonly dots: Dots
  /** Records that gave no nucleus, by reason; the reason is a plural noun to put a count in front of. */
  readonly skipped: readonly LeftOutCount[]
  /** How the file was read, where the user should know: where the classes come from, or that there are none. */
  readonly notes: readonly Message[]
}

/** A format of annotation files. Each is defined in one source file and listed in importers.ts. */
export interface Importer {
  /** For people: "QuPath GeoJSON". */
  readonly name: string
  /** Endings by which the page and the command line know its files; none where only the bytes tell them from slides. */
  readonly endings: readonly AnnotationEnding[]
  /**
   * True if the file is of this kind, by its name (without .gz), the first 4,096 characters of its (unpacked) text, or
   * its first bytes.
   */
  detect(name: string, head: string, bytes: Buffer): boolean
  /**
   * Yields the file's records in batches, so that memory holds only one. Throws FailureError 'unreadable' and others
   * for the file as a whole; a bad record is yielded with its reason.
   */
  records(path: string, slide: SlideSize): AsyncIterable<readonly FileRecord[]>
}
