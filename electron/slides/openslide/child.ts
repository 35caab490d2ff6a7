import { connect } from 'node:net'
import { FailureError, type Failure, type Message, type RgbImage } from '../../contract/index.ts'
import { overSocket } from './frames.ts'
import { openHandle, type SlideHandle } from './handle.ts'
import { findOpenSlide, type OpenSlideLibrary, type Pointer } from './library.ts'
import { straightRgb } from './straightRgb.ts'

/**
 * A process that does nothing but call OpenSlide, for one slide at a time. OpenSlide is C code that cannot be checked:
 * a crash in it ends this process and nothing else. Started by startProcess.ts with the socket to connect to and the
 * place of the library.
 */

/** First message of the process. */
export type Hello = { readonly pid: number; readonly version: string } | { readonly missing: Message }

export interface Request {
  readonly id: number
  readonly name: keyof OpenSlideCalls
  readonly params: unknown
}

export type Reply = { readonly id: number } & (
  { readonly value: unknown } | { readonly failure: Failure } | { readonly bug: string }
)

interface Size {
  readonly width: number
  readonly height: number
}

/** What the library says about a slide. Levels are numbered as there, and not yet checked. */
export interface SlideFacts {
  readonly vendor: string | null
  /** The texts of openslide.mpp-x and -y. */
  readonly mpp: readonly [string | null, string | null]
  readonly levels: readonly Size[]
  readonly associated: readonly (Size & { readonly name: string })[]
  readonly profile: Uint8Array | null
}

export interface OpenSlideCalls {
  /** Returns the vendor of a file; null if no driver knows it. */
  vendor(path: string): Promise<string | null>
  /** Opens the slide that the other calls read. */
  open(path: string): Promise<SlideFacts>
  /** Returns pixels of a level; left and top in level-0 pixels. */
  region(of: Size & { left: number; top: number; level: number; part: Message }): Promise<RgbImage>
  associated(of: Size & { name: string; part: Message }): Promise<RgbImage>
}

function callsOf(library: OpenSlideLibrary): OpenSlideCalls {
  let opened: SlideHandle | undefined
  const rgb = async (
    { width, height, part }: Size & { part: Message },
    read: (slide: Pointer, into: Uint8Array) => Promise<void>,
  ): Promise<RgbImage> => {
    if (!opened) throw new Error('No slide is open in this process.')
    const pixels = new Uint8Array(width * height * 4)
    await opened.use((slide) => read(slide, pixels), part)
    return { width, height, data: straightRgb(pixels) }
  }
  return {
    vendor: (path) => library.detectVendor(path),
    async open(path) {
      opened = await openHandle(library, path)
      return opened.use(async (slide) => ({
        vendor: library.property(slide, 'openslide.vendor'),
        mpp: [library.property(slide, 'openslide.mpp-x'), library.property(slide, 'openslide.mpp-y')],
        levels: Array.from({ length: Math.max(library.levelCount(slide), 0) }, (_, level) =>
          library.levelSize(slide, level),
        ),
        associated: library.associatedNames(slide).map((name) => ({ name, ...library.associatedSize(slide, name) })),
        profile: await library.profile(slide),
      }))
    },
    region: (of) =>
      rgb(of, (slide, into) => library.readRegion(slide, into, of.left, of.top, of.level, of.width, of.height)),
    associated: (of) => rgb(of, (slide, into) => library.readAssociated(slide, of.name, into)),
  }
}

const [address, library] = process.argv.slice(-2)
const socket = connect(address)
// Nothing is to be saved here, and unloading the library at a normal exit has crashed (OpenSlide 4.0.1).
const end = () => process.kill(process.pid, 'SIGKILL')
socket.on('error', end).on('end', end).on('close', end)

const found = await findOpenSlide(library.replace('library=', ''))
const calls = 'library' in found ? callsOf(found.library) : undefined
const send = overSocket(socket, (value) => void answer(value as Request))
const hello: Hello = 'library' in found ? { pid: process.pid, version: found.library.version } : found
send(hello)

async function answer({ id, name, params }: Request): Promise<void> {
  const reply = (rest: Omit<Reply, 'id'>) => send({ id, ...rest })
  try {
    if (!calls) throw new Error('There is no library.')
    reply({ value: await calls[name](params as never) })
  } catch (error) {
    if (error instanceof FailureError) reply({ failure: error.failure })
    else reply({ bug: error instanceof Error ? (error.stack ?? error.message) : String(error) })
  }
}
