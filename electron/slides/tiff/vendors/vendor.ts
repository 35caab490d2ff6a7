import type { Mpp, Message } from '../../../contract/index.ts'
import type { Jpeg2000Colours, TiffPage } from '../page.ts'
import type { TiffContents, TiffPages } from '../pages.ts'

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
  /** µm/px as the vendor states it, null where it does not: then descriptions of other makers and the resolution tags count. */
  mpp?(base: TiffPage): Mpp | null
  /** Which pages are images, their levels and the pictures beside them. Left out: as generic.ts has it. */
  contents?(pages: TiffPages): Promise<TiffContents>
  /** Colours of its JPEG 2000 blocks where they are not those of codecs.ts. */
  readonly jpeg2000?: Jpeg2000Colours
}
