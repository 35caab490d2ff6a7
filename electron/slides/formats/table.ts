import { dicom } from './dicom.ts'
import type { SlideFormat } from './format.ts'
import { jpeg, png, webp } from './image.ts'
import { npyStack } from './npyStack.ts'
import { openSlideLibrary } from './openslide.ts'
import { tiffFormats } from './tiff.ts'

/** All formats, specific before generic. The first that does not decline opens the file. */
export const formats: readonly SlideFormat[] = [...tiffFormats, dicom, png, jpeg, webp, npyStack, openSlideLibrary]
