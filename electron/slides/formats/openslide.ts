import { extname } from 'node:path'
import { FailureError, message, type Message } from '../../contract/index.ts'
import type { SlideFile } from '../source/file.ts'
import type { SlideFormat } from './format.ts'
import { openWithOpenSlide } from '../openslide/source.ts'
import { startOpenSlide, type OpenSlideProcess } from '../openslide/startProcess.ts'

/**
 * Vendors, by OpenSlide's names, that earlier formats read. If those declined such a file, it is damaged or not a
 * slide.
 */
const embedded = new Set(['aperio', 'generic-tiff', 'dicom'])
const extensions = ['.ndpi', '.mrxs', '.scn', '.bif', '.vms', '.vmu', '.svslide', '.czi'] as const

const missingSentence = (file: SlideFile, missing: Message) =>
  new FailureError('unsupported', message('openSlideMissing', { file: file.name, missing }))

/** The process that looked at a file and knows it: it opens the file too. */
const recognised = new WeakMap<SlideFile, OpenSlideProcess>()
/** A process whose last file was none for it. It looks at the next one, or ends: 40 MB are not kept for nothing. */
let spare: { readonly process: OpenSlideProcess; readonly place: string; readonly end: NodeJS.Timeout } | undefined
const spareMs = 10_000
const placeNow = () => process.env.KARYON_OPENSLIDE ?? ''

async function takeProcess(): Promise<OpenSlideProcess | { readonly missing: Message }> {
  const kept = spare
  spare = undefined
  if (!kept) return startOpenSlide()
  clearTimeout(kept.end)
  if (!kept.process.isEnded && kept.place === placeNow()) return kept.process
  await kept.process.end()
  return startOpenSlide()
}

function keepProcess(process: OpenSlideProcess): void {
  if (spare) return void process.end()
  const end = setTimeout(() => {
    spare = undefined
    void process.end()
  }, spareMs).unref()
  spare = { process, place: placeNow(), end }
}

/** The slides of all other scanners, through the OpenSlide library (3.4 or 4) if this machine has it. */
export const openSlideLibrary: SlideFormat = {
  name: 'OpenSlide',
  extensions,
  async decline(file) {
    const process = await takeProcess()
    if ('missing' in process) {
      if (extensions.some((extension) => extension === extname(file.name).toLowerCase()))
        throw missingSentence(file, process.missing)
      return process.missing
    }
    const vendor = await process.call('vendor', file.path, file.name)
    if (vendor !== null && !embedded.has(vendor)) {
      recognised.set(file, process)
      return null
    }
    keepProcess(process)
    if (vendor === null) return message('declinedByOpenSlide', { version: process.version })
    return message('declinedEmbedded', { vendor })
  },
  async open(file) {
    const process = recognised.get(file) ?? (await takeProcess())
    if ('missing' in process) throw missingSentence(file, process.missing)
    recognised.delete(file)
    await file.close()
    return openWithOpenSlide(process, file.path)
  },
}
