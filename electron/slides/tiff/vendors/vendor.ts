import type { Mpp, Message } from '../../../contract/index.ts'
import type { AssociatedSource } from '../../source/source.ts'
import type { Jpeg2000Colours, TiffPage } from '../page.ts'
import type { Pyramid, TiffPages } from '../pages.ts'

/**
 * What is special about the TIFF files that one scanner or program writes; what is left out is as in any TIFF. A vendor states
 * all of it in a file of its own, and table.ts lists it.
 */
export interface TiffVendor {
  /** For people: "Aperio SVS". */
  readonly name: string
  /** Endings that a file chooser offers, lower case, with the dot. */
  readonly extensions: readonly string[]
  /** null where the file is of this vendor; else why not, as words that follow "because". */
  decline(pages: TiffPages): Message | null | Promise<Message | null>
  /** What the file is called where that is not its vendor's name. */
  formatOf?(base: TiffPage): string
  /** Fails with 'unsupported' where a file of this vendor is sound but of a kind that is not read. */
  check?(base: TiffPage): void
  /** µm/px as the vendor states it, null where it does not: then the resolution tags count. */
  mpp?(base: TiffPage): Mpp | null
  /** Which pages are levels. Left out: the first tiled page and its smaller copies (pyramidOf). */
  pyramid?(pages: TiffPages): Promise<Pyramid>
  /** Pictures beside the slide (label, macro, thumbnail), of the pages that are no levels. */
  pictures?(others: readonly TiffPage[]): readonly AssociatedSource[]
  /** Colours of its JPEG 2000 blocks where they are not those of codecs.ts. */
  readonly jpeg2000?: Jpeg2000Colours
}
