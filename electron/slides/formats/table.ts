import { bmp } from './bmp.ts'
import { dicom } from './dicom.ts'
import type { SlideFormat } from './format.ts'
import { avif, gif, heic, jpeg, png, webp } from './image.ts'
import { jpeg2000 } from './jpeg2000.ts'
import { npyStack } from './npyStack.ts'
import { openSlideLibrary } from './openslide.ts'
import { tiffFormats } from './tiff.ts'

/** All formats, specific before generic. The first that does not decline opens the file. */
export const formats: readonly SlideFormat[] = [
  ...tiffFormats,
  dicom,
  png,
  jpeg,
  webp,
  bmp,
  gif,
  avif,
  heic,
  jpeg2000,
  npyStack,
  openSlideLibrary,
]
