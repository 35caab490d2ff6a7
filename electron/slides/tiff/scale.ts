import type { Mpp } from '../../contract/index.ts'
import { statedMpp } from '../source/mpp.ts'
import type { TiffPage } from './page.ts'
import { tags } from './tags.ts'

/** µm per resolution unit: 2 = inch (the default of TIFF 6.0), 3 = centimetre; 1 = no unit. */
const micrometres: Readonly<Record<number, number>> = { 2: 25_400, 3: 10_000 }

/** Returns µm/px from the resolution tags; null if they are absent or state the resolution of a screen or printer. */
export async function tagMpp(page: TiffPage): Promise<Mpp | null> {
  const field = async (tag: number, otherwise: number) => (await page.directory.get(tag)?.number(0)) ?? otherwise
  const unit = micrometres[await field(tags.resolutionUnit, 2)] ?? NaN
  const x = unit / (await field(tags.xResolution, NaN))
  const y = unit / (await field(tags.yResolution, NaN))
  return statedMpp(x, y, 'TIFF resolution tags')
}

/** Length in µm of the units in OME-XML. The default is µm. */
const omeUnits: Readonly<Record<string, number>> = { µm: 1, μm: 1, um: 1, nm: 1e-3, mm: 1e3, cm: 1e4, m: 1e6 }

/** Returns µm/px from the first image of an OME-XML description; null if it states none. */
export function omeMpp(description: string): Mpp | null {
  const pixels = /<(?:\w+:)?Pixels\s[^>]*>/.exec(description)?.[0] ?? ''
  const attribute = (name: string) => new RegExp(`\\s${name}\\s*=\\s*["']([^"']*)["']`).exec(pixels)?.[1]
  const size = (axis: 'X' | 'Y') =>
    Number(attribute(`PhysicalSize${axis}`) ?? NaN) * (omeUnits[attribute(`PhysicalSize${axis}Unit`) ?? 'µm'] ?? NaN)
  return statedMpp(size('X'), size('Y'), 'OME-XML (PhysicalSize)')
}

/** Returns the number of channels of the first image in an OME-XML description; 1 if not stated. */
export const omeChannels = (description: string): number =>
  Number(/<(?:\w+:)?Pixels\s[^>]*\sSizeC\s*=\s*["'](\d+)["']/.exec(description)?.[1] ?? 1)

/** Returns µm/px from an Aperio header: `…|AppMag = 20|MPP = 0.4990|…`. AppMag alone is not a scale. */
export function aperioMpp(description: string): Mpp | null {
  const mpp = Number(/\|\s*MPP\s*=\s*([^|]*)/.exec(description)?.[1]?.trim().replace(',', '.') || NaN)
  return statedMpp(mpp, mpp, 'Aperio header (MPP)')
}
