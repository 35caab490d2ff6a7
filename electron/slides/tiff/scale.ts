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
