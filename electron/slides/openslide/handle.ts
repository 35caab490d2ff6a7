import { basename } from 'node:path'
import { FailureError, message, type Message } from '../../contract/index.ts'
import { damaged } from '../source/damaged.ts'
import type { OpenSlideLibrary, Pointer } from './library.ts'

/** A slide opened by the library. It is closed only when no call uses it, and opened again after an error. */
export interface SlideHandle {
  /** Runs `work` with the slide. Errors that the library reports become FailureError 'unreadable', naming `what`. */
  use<T>(work: (slide: Pointer) => Promise<T>, part?: Message): Promise<T>
  close(): Promise<void>
}

interface Session {
  readonly slide: Pointer
  users: number
  isEnded: boolean
}

/** Opens a slide. Throws FailureError 'unreadable' if the library refuses it. */
export async function openHandle(library: OpenSlideLibrary, path: string): Promise<SlideHandle> {
  const name = basename(path)
  let closed = false
  let current: Promise<Session> | undefined

  const start = async (): Promise<Session> => {
    const slide = await library.open(path)
    if (slide === null)
      throw new FailureError(
        'unreadable',
        message('damagedPart', {
          part: message('partFile', { file: name }),
          flaw: message('flawUnreadByOpenSlide', { version: library.version, error: null }),
        }),
      )
    const error = library.error(slide)
    if (error === null) return { slide, users: 0, isEnded: false }
    await library.close(slide)
    throw damaged(
      message('partFile', { file: name }),
      message('flawUnreadByOpenSlide', { version: library.version, error }),
    )
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
    old.isEnded = true
    if (old.users === 0) await library.close(old.slide)
  }

  await session()
  return {
    async use(work, part = message('partFile', { file: name })) {
      if (closed) throw new FailureError('cancelled', message('slideClosed', { file: name }))
      let used = await session()
      while (used.isEnded) {
        if (closed) throw new FailureError('cancelled', message('slideClosed', { file: name }))
        used = await session()
      }
      used.users++
      try {
        const result = await work(used.slide)
        const error = library.error(used.slide)
        if (error === null) return result
        // After one error, OpenSlide fails for ever. The next use opens the slide again.
        if (!used.isEnded) {
          current = undefined
          used.isEnded = true
        }
        throw damaged(part, message('flawOpenSlide', { error }))
      } finally {
        used.users--
        if (used.isEnded && used.users === 0) await library.close(used.slide)
      }
    },
    async close() {
      if (closed) return
      closed = true
      const last = await current?.catch(() => undefined)
      current = undefined
      if (last && !last.isEnded) await end(last)
    },
  }
}
