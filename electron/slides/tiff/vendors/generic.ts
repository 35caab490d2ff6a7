import { message } from '../../../contract/index.ts'
import { foreignVendor } from './foreign.ts'
import type { TiffVendor } from './vendor.ts'

/** TIFF and BigTIFF that no vendor claims: pyramids of pages or sub-directories, and single images. */
export const generic: TiffVendor = {
  name: 'TIFF',
  extensions: ['.tif', '.tiff', '.btf', '.tf2', '.tf8'],
  async decline({ pages }) {
    const vendor = await foreignVendor(pages[0])
    return vendor === null ? null : message('declinedVendor', { vendor })
  },
  formatOf: (base) => (base.isTiled ? 'Tiled TIFF' : 'TIFF image'),
}
