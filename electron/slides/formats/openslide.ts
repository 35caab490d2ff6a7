import { extname } from 'node:path'
import { FailureError, message, type Message } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'
import type { SlideFormat } from './format.ts'
import { findOpenSlide } from '../openslide/library.ts'
import { openWithLibrary } from '../openslide/source.ts'

/**
 * Vendors, by OpenSlide's names, that earlier formats read. If those declined such a file, it is damaged or not a
 * slide.
 */
const embedded = new Set(['aperio', 'generic-tiff', 'dicom'])
const extensions = ['.ndpi', '.mrxs', '.scn', '.bif', '.vms', '.vmu', '.svslide', '.czi'] as const

const missingSentence = (file: SlideFile, missing: Message) =>
  new FailureError('unsupported', message('openSlideMissing', { file: file.name, missing }))

/** The slides of all other scanners, through the OpenSlide library (3.4 or 4) if this machine has it. */
export const openSlideLibrary: SlideFormat = {
  name: 'OpenSlide',
  extensions,
  async decline(file) {
    const found = await findOpenSlide()
    if ('missing' in found) {
      if (extensions.some((extension) => extension === extname(file.name).toLowerCase()))
        throw missingSentence(file, found.missing)
      return found.missing
    }
    const vendor = await found.library.detectVendor(file.path)
    if (vendor === null) return message('declinedByOpenSlide', { version: found.library.version })
    return embedded.has(vendor) ? message('declinedEmbedded', { vendor }) : null
  },
  async open(file) {
    const found = await findOpenSlide()
    if ('missing' in found) throw missingSentence(file, found.missing)
    await file.close()
    return openWithLibrary(found.library, file.path)
  },
}
