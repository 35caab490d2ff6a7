import {
  areSquare,
  FailureError,
  meanMpp,
  message,
  type Message,
  unwrap,
  type SlideReader,
} from '../../contract/index.ts'
import { openSlide } from '../../slides/index.ts'
import type { Project } from '../../store/index.ts'

/** Largest number of slides kept open. The least recently used one is closed first. */
const limit = 8

/** Readers of a project's slides. Each is opened when it is first needed. */
export class OpenSlides {
  readonly #project: Project
  readonly #open = new Map<number, Promise<SlideReader>>()

  constructor(project: Project) {
    this.#project = project
  }

  /** Returns the reader of a slide. Throws FailureError if the slide's file is missing, replaced or unreadable. */
  async reader(slideId: number): Promise<SlideReader> {
    let reader = this.#open.get(slideId)
    if (!reader) {
      const { givenMpp } = this.#project.slides.get(slideId)
      const path = this.#project.slides.named(slideId)
      reader = openSlide(path, { mpp: givenMpp ?? undefined }).then(unwrap)
      // Do not cache a failure: the drive may come back.
      reader.catch(() => this.#open.delete(slideId))
    }
    // The last entry of the map is the most recently used one.
    this.#open.delete(slideId)
    this.#open.set(slideId, reader)
    for (const [id, old] of this.#open) if (this.#open.size > limit && id !== slideId) this.#forget(id, old)
    return reader
  }

  /** Returns a slide's file and its level-0 µm/px, as the engine needs them. Throws FailureError 'no-scale'. */
  forEngine(slideId: number): { slide: string; mpp: number } {
    const { info } = this.#project.slides.get(slideId)
    if (!info.mpp) throw noScale(this.#project.slides.locate(slideId))
    // Pixels are square in practice. If they are slightly off, the geometric mean keeps areas right.
    return { slide: this.#project.slides.named(slideId), mpp: meanMpp(info.mpp) }
  }

  /** Adds to what a job has done that the slide's pixels are not square, where they are not. */
  saidWithScale(slideId: number, done: Message): Message {
    const { mpp } = this.#project.slides.get(slideId).info
    if (!mpp || areSquare(mpp)) return done
    return message('withScaleNote', {
      done,
      note: message('pixelsNotSquare', { x: mpp.x, y: mpp.y, mean: meanMpp(mpp) }),
    })
  }

  /** Closes a slide's reader so that the next use opens it again. Call this after its file or scale changed. */
  reopen(slideId: number): void {
    const reader = this.#open.get(slideId)
    if (reader) this.#forget(slideId, reader)
  }

  async close(): Promise<void> {
    const all = [...this.#open.values()]
    this.#open.clear()
    await Promise.allSettled(all.map(async (reader) => (await reader).close()))
  }

  #forget(id: number, reader: Promise<SlideReader>): void {
    this.#open.delete(id)
    reader.then((r) => r.close()).catch(() => undefined)
  }
}

export const noScale = (path: string) => new FailureError('no-scale', message('noScale', { path }))
