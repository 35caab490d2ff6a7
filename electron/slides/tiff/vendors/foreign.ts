import type { TiffPage } from '../page.ts'
import { tags } from '../tags.ts'

/** TIFF slides whose pages differ in meaning from a generic pyramid. OpenSlide reads them. */
const vendors: readonly { readonly name: string; readonly isIt: (page: TiffPage, xmp: string) => boolean }[] = [
  { name: 'Hamamatsu NDPI', isIt: (page) => page.directory.has(tags.hamamatsuFormat) },
  { name: 'Ventana BIF, whose tiles overlap', isIt: (_, xmp) => xmp.includes('<iScan') },
  { name: 'Leica SCN', isIt: ({ description }) => description.includes('http://www.leica-microsystems.com/scn/') },
  { name: 'Philips TIFF', isIt: ({ description }) => description.includes('DPUfsImport') },
  { name: 'Trestle TIFF', isIt: ({ software }) => software.startsWith('MedScan') },
]
const maxXmp = 2 ** 24

/** Returns the vendor whose layout a generic reader would get wrong; null if the file is generic. */
export async function foreignVendor(page: TiffPage): Promise<string | null> {
  const xmp = (await page.directory.get(tags.xmp)?.bytes(maxXmp))?.toString('utf8') ?? ''
  return vendors.find(({ isIt }) => isIt(page, xmp))?.name ?? null
}
