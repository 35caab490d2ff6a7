import type { TiffPage } from '../page.ts'
import { tags } from '../tags.ts'

/** TIFF slides whose pages mean something else than a generic pyramid's; OpenSlide knows what. */
const vendors: readonly { readonly name: string; readonly isIt: (page: TiffPage, xmp: string) => boolean }[] = [
  { name: 'Hamamatsu NDPI', isIt: (page) => page.directory.has(tags.hamamatsuFormat) },
  { name: 'Ventana BIF, whose tiles overlap', isIt: (_, xmp) => xmp.includes('<iScan') },
  { name: 'Leica SCN', isIt: ({ description }) => description.includes('http://www.leica-microsystems.com/scn/') },
  { name: 'Philips TIFF', isIt: ({ description }) => description.includes('DPUfsImport') },
  { name: 'Trestle TIFF', isIt: ({ software }) => software.startsWith('MedScan') },
]
const maxXmp = 2 ** 24

/** The vendor whose layout a generic reading of the file would get wrong; null where it is generic. */
export async function foreignVendor(page: TiffPage): Promise<string | null> {
  const xmp = (await page.directory.get(tags.xmp)?.bytes(maxXmp))?.toString('utf8') ?? ''
  return vendors.find(({ isIt }) => isIt(page, xmp))?.name ?? null
}
