import type { ClassifiedNuclei, InLanguages, SlideInfo } from '../../../contract/index.ts'

/** The slide that nuclei are exported of. */
export interface ExportedSlide extends Pick<SlideInfo, 'mpp' | 'width' | 'height'> {
  /** File name of the slide. */
  readonly name: string
  /** Path of the slide's file, where it is known. */
  readonly path?: string
  /** Path of the slide from the folder of the export, or its name. */
  readonly picture: string
}

/** A file format for exporting the nuclei of a slide. Each is defined in one source file and listed in exporters.ts. */
export interface Exporter {
  /** Names the format in addresses and on the command line: "geojson.gz". */
  readonly format: string
  /** File extension without the first dot; by default the format. */
  readonly extension?: string
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
  content(
    classified: ClassifiedNuclei,
    slide: ExportedSlide,
  ): Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>
}
