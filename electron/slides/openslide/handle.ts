import { basename } from 'node:path'
import { FailureError } from '../../contract/index.ts'
import { damaged } from '../source/damaged.ts'
import type { OpenSlideLibrary, Pointer } from './library.ts'

/** A slide opened by the library. It is closed only when no call uses it, and opened again after an error. */
export interface SlideHandle {
  /** Runs `work` with the slide. Errors that the library reports become FailureError 'unreadable', naming `what`. */
  use<T>(work: (slide: Pointer) => Promise<T>, what?: string): Promise<T>
  close(): Promise<void>
}

interface Session {
  readonly slide: Pointer
  users: number
  isOver: boolean
}

/** Opens a slide. Throws FailureError 'unreadable' if the library refuses it. */
export async function openHandle(library: OpenSlideLibrary, path: string): Promise<SlideHandle> {
  const name = basename(path)
  let closed = false
  let current: Promise<Session> | undefined

  const start = async (): Promise<Session> => {
    const slide = await library.open(path)
    if (slide === null)
      throw new FailureError('unreadable', `${name} is not readable by OpenSlide ${library.version}. Is it complete?`)
    const error = library.error(slide)
    if (error === null) return { slide, users: 0, isOver: false }
    await library.close(slide)
    throw damaged(name, `is not readable by OpenSlide ${library.version}: ${error}`)
  }
  const session = () => {
    if (current) return current
    const started = start()
    started.catch(() => {
      if (current === started) current = undefined // try again next time: the drive may come back
    })
    return (current = started)
  }
  const end = async (old: Session) => {
    old.isOver = true
    if (old.users === 0) await library.close(old.slide)
  }

  await session()
  return {
    async use(work, what = name) {
      if (closed) throw new FailureError('cancelled', `The slide ${name} was closed while it was being read.`)
      let mine = await session()
      while (mine.isOver) {
        if (closed) throw new FailureError('cancelled', `The slide ${name} was closed while it was being read.`)
        mine = await session()
      }
      mine.users++
      try {
        const result = await work(mine.slide)
        const error = library.error(mine.slide)
        if (error === null) return result
        // After one error, OpenSlide fails for ever. The next use opens the slide again.
        if (!mine.isOver) {
          current = undefined
          mine.isOver = true
        }
        throw damaged(what, `cannot be read: OpenSlide reports "${error}"`)
      } finally {
        mine.users--
        if (mine.isOver && mine.users === 0) await library.close(mine.slide)
      }
    },
    async close() {
      if (closed) return
      closed = true
      const last = await current?.catch(() => undefined)
      current = undefined
      if (last && !last.isOver) await end(last)
    },
  }
}
