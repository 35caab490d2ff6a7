import type { Mpp } from '../../contract/index.ts'
import { micrometresOf } from '../source/lengthUnits.ts'
import { statedMpp } from '../source/mpp.ts'
import type { TiffPage } from './page.ts'
import { tags } from './tags.ts'

/** µm per resolution unit: 2 = inch (the default of TIFF 6.0), 3 = centimetre; 1 = no unit. */
const unitMicrometres: Readonly<Record<number, number>> = { 2: 25_400, 3: 10_000 }

/** Returns pixels per unit in x and y, and the number of the unit. NaN where they are not stated. */
async function resolutionOf(page: TiffPage): Promise<{ x: number; y: number; unit: number }> {
  const field = async (tag: number, otherwise: number) => (await page.directory.get(tag)?.number(0)) ?? otherwise
  const x = await field(tags.xResolution, NaN)
  return { x, y: await field(tags.yResolution, x), unit: await field(tags.resolutionUnit, 2) }
}

/** Returns µm/px from the resolution tags; null if they are absent or state the resolution of a screen or printer. */
export async function tagMpp(page: TiffPage): Promise<Mpp | null> {
  const { x, y, unit } = await resolutionOf(page)
  const micrometres = unitMicrometres[unit] ?? NaN
  return statedMpp(micrometres / x, micrometres / y, 'TIFF resolution tags')
}

/** Returns how many times coarser a page is than `base` by their resolution tags; null if these do not say. */
export async function resolutionRatio(base: TiffPage, page: TiffPage): Promise<number | null> {
  const [own, other] = await Promise.all([resolutionOf(base), resolutionOf(page)])
  const [x, y] = [own.x / other.x, own.y / other.y]
  if (own.unit !== other.unit || !Number.isFinite(x) || !Number.isFinite(y) || !(x > 0)) return null
  return Math.abs(x / y - 1) < 0.01 ? (x + y) / 2 : null
}

/** ImageJ states its unit of length in the description, and pixels per unit in the resolution tags. */
export async function imageJMpp(page: TiffPage): Promise<Mpp | null> {
  if (!page.description.startsWith('ImageJ=')) return null
  const value = (key: string) => new RegExp(`^${key}=(.*)$`, 'm').exec(page.description)?.[1].trim()
  const unit = value('unit')
  if (unit === undefined) return null
  const { x, y } = await resolutionOf(page)
  const [perX, perY] = [micrometresOf(unit), micrometresOf(value('yunit') ?? unit)]
  return perX === null || perY === null ? null : statedMpp(perX / x, perY / y, 'ImageJ description (unit)')
}

/** Names under which programs write µm/px into a description: `MPP = 0.25`, `"mpp_x": 0.25`, `openslide.mpp-x=0.25`. */
const inDescription = /(?:^|[^a-z])mpp(?:[-_ .]?([xy]))?["']?\s*(?:=|:|>)\s*["']?\s*(\d*[.,]?\d+(?:e-?\d+)?)/gi

/** `0.25 µm/px`, `0.25 microns per pixel`. */
const perPixel = /(\d*[.,]?\d+)\s*(?:[µμu]m|microns?|microme(?:ter|tre)s?)\s*(?:\/|per)\s*(?:px|pixel)/i

/** Returns µm/px that a description of any maker states as MPP or in words; null if it states none. */
export function descriptionMpp({ description }: TiffPage): Mpp | null {
  let [x, y] = [NaN, NaN]
  for (const [, axis, text] of description.slice(0, 2 ** 16).matchAll(inDescription)) {
    const value = Number(text.replace(',', '.'))
    if (axis?.toLowerCase() !== 'y' && Number.isNaN(x)) x = value
    if (axis?.toLowerCase() !== 'x' && Number.isNaN(y)) y = value
  }
  if (Number.isNaN(x) && Number.isNaN(y)) x = Number(perPixel.exec(description)?.[1]?.replace(',', '.') ?? NaN)
  return statedMpp(Number.isNaN(x) ? y : x, Number.isNaN(y) ? x : y, 'description (MPP)')
}
