import type { ClassifiedNuclei, InLanguages, SlideInfo } from '../../contract/index.ts'

/** A file format for exporting the nuclei of a slide. Each is defined in one source file and listed in exporters.ts. */
export interface Exporter {
  /** File extension without the first dot, also used in addresses: "geojson.gz". */
  readonly format: string
  /** For people. */
  readonly name: InLanguages
  /** Media type of the file (RFC 6838), with its character set where it is text without one of its own. */
  readonly mediaType: string
  /** True if the content is compressed with gzip when written. */
  readonly gzip?: boolean
  /**
   * Returns the file piece by piece, so that the text of a million nuclei is never in memory at once. Throws
   * FailureError at once, before the first piece, if the slide lacks what the format needs ('no-scale').
   */
  content(classified: ClassifiedNuclei, slide: Pick<SlideInfo, 'mpp'>): Iterable<string | Uint8Array>
}
