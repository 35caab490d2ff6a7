import type { ClassifiedNuclei, InLanguages, SlideInfo } from '../../contract/index.ts'

/** One kind of file that the nuclei of a slide can be written to. Its own file says all of it; exporters.ts lists it. */
export interface Exporter {
  /** Ending of its files without the first dot, and its name in addresses: "geojson.gz". */
  readonly format: string
  /** For people. */
  readonly name: InLanguages
  /** Media type of the file (RFC 6838), with its character set where it is text without one of its own. */
  readonly mediaType: string
  /** Whether the content is compressed with gzip on its way out. */
  readonly gzip?: boolean
  /**
   * The file, piece by piece: what a million nuclei say is never in memory at once. Fails at once, before the first piece,
   * where the slide lacks what the format states ('no-scale').
   */
  content(classified: ClassifiedNuclei, slide: Pick<SlideInfo, 'mpp'>): Iterable<string | Uint8Array>
}
