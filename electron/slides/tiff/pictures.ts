import type { AssociatedSource } from '../source/source.ts'
import { associatedPage } from './levels.ts'
import type { TiffPage } from './page.ts'
import type { NamedPage } from './pages.ts'

/** Returns what a text says that a picture is; null if it does not say. A label or macro may name the patient. */
export function pictureIn(text: string): 'label' | 'macro' | 'thumbnail' | null {
  if (/\b(?:label|barcode)\b/i.test(text)) return 'label'
  if (/\b(?:macro|overview|slide preview)\b/i.test(text)) return 'macro'
  return /\bthumb(?:nail)?\b/i.test(text) ? 'thumbnail' : null
}

/** Largest relative difference in shape between a slide and its thumbnail. */
const sameShape = 0.03

/** Returns whether a picture has the shape of the slide: then it is a small copy of it and not a label. */
export const hasShapeOf = (base: TiffPage, page: TiffPage): boolean =>
  Math.abs((page.width * base.height) / (page.height * base.width) - 1) <= sameShape && page.width < base.width

/** Makes the pictures beside a slide. Those whose pixels are not read are left out; each name is given once. */
export function associatedPictures(pictures: readonly NamedPage[]): AssociatedSource[] {
  const found: AssociatedSource[] = []
  for (const { page, name } of pictures) {
    const picture = found.some((one) => one.name === name) ? null : associatedPage(page, name)
    if (picture) found.push(picture)
  }
  return found
}
