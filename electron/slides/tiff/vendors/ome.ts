import { FailureError, type Mpp, message } from '../../../contract/index.ts'
import { statedMpp } from '../../source/mpp.ts'
import { compressions } from '../tags.ts'
import { foreignVendor } from './foreign.ts'
import type { TiffVendor } from './vendor.ts'

/** Lengths in µm of the units that OME-XML may name; µm is its default. */
const omeUnits: Readonly<Record<string, number>> = { µm: 1, μm: 1, um: 1, nm: 1e-3, mm: 1e3, cm: 1e4, m: 1e6 }

/** µm/px from the first image of an OME-XML description, null where it states none. */
function omeMpp(description: string): Mpp | null {
  const pixels = /<(?:\w+:)?Pixels\s[^>]*>/.exec(description)?.[0] ?? ''
  const attribute = (name: string) => new RegExp(`\\s${name}\\s*=\\s*["']([^"']*)["']`).exec(pixels)?.[1]
  const size = (axis: 'X' | 'Y') =>
    Number(attribute(`PhysicalSize${axis}`) ?? NaN) * (omeUnits[attribute(`PhysicalSize${axis}Unit`) ?? 'µm'] ?? NaN)
  return statedMpp(size('X'), size('Y'), 'OME-XML (PhysicalSize)')
}

/** Channels that an OME-XML description states for its first image; 1 where it does not say. */
const omeChannels = (description: string): number =>
  Number(/<(?:\w+:)?Pixels\s[^>]*\sSizeC\s*=\s*["'](\d+)["']/.exec(description)?.[1] ?? 1)

/** OME-TIFF, which Bio-Formats, QuPath and vips write: the lower levels are sub-directories, µm/px is in the OME-XML. */
export const ome: TiffVendor = {
  name: 'OME-TIFF',
  extensions: [], // those of every TIFF
  async decline({ pages }) {
    const vendor = await foreignVendor(pages[0])
    if (vendor) return message('declinedVendor', { vendor })
    return pages[0].description.includes('<OME ') ? null : message('declinedOme')
  },
  check({ file, samples, description }) {
    if (samples === 1 && omeChannels(description) > 1)
      throw new FailureError(
        'unsupported',
        message('unsupportedFile', { file: file.name, kind: 'OME-TIFF', why: message('separateChannels') }),
      )
  },
  mpp: ({ description }) => omeMpp(description),
  // Bio-Formats writes RGB by this number, libvips YCbCr.
  jpeg2000: { [compressions.jpeg2000Lossy]: 'RGB' },
}
