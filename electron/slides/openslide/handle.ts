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
      throw new FailureError(
        'unreadable',
        message('damagedPart', {
          part: message('partFile', { file: name }),
          flaw: message('flawUnreadByOpenSlide', { version: library.version, error: null }),
        }),
      )
    const error = library.error(slide)
    if (error === null) return { slide, users: 0, isOver: false }
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
    old.isOver = true
    if (old.users === 0) await library.close(old.slide)
  }

  await session()
  return {
    async use(work, part = message('partFile', { file: name })) {
      if (closed) throw new FailureError('cancelled', message('slideClosed', { file: name }))
      let mine = await session()
      while (mine.isOver) {
        if (closed) throw new FailureError('cancelled', message('slideClosed', { file: name }))
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
        throw damaged(part, message('flawOpenSlide', { error }))
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
