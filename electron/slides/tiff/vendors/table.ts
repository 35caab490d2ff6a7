import { aperio } from './aperio.ts'
import { generic } from './generic.ts'
import { imageJ } from './imageJ.ts'
import { ome } from './ome.ts'
import type { TiffVendor } from './vendor.ts'

/** Every kind of TIFF that is read without OpenSlide, specific before generic: the first that does not decline opens the file. */
export const tiffVendors: readonly TiffVendor[] = [aperio, ome, imageJ, generic]
