import { FailureError, message, unwrap, type SlideReader } from '../../contract/index.ts'
import { openSlide } from '../../slides/index.ts'
import type { Project } from '../../store/index.ts'

/** Slides kept open at a time; the one unused for longest is closed first. */
const limit = 8

/** Readers of a project's slides, opened when first needed. */
export class OpenSlides {
  readonly #project: Project
  readonly #open = new Map<number, Promise<SlideReader>>()

  constructor(project: Project) {
    this.#project = project
  }

  /** Fails where the slide's file is gone, replaced or unreadable. */
  async reader(slideId: number): Promise<SlideReader> {
    let reader = this.#open.get(slideId)
    if (!reader) {
      const { givenMpp } = this.#project.slides.get(slideId)
      const path = this.#project.slides.locate(slideId)
      reader = openSlide(path, { mpp: givenMpp ?? undefined }).then(unwrap)
      // A failure is not kept: the drive may come back.
      reader.catch(() => this.#open.delete(slideId))
    }
    // Last in the map = used last.
    this.#open.delete(slideId)
    this.#open.set(slideId, reader)
    for (const [id, old] of this.#open) if (this.#open.size > limit && id !== slideId) this.#forget(id, old)
    return reader
  }

  /** The file of a slide and its µm per level-0 pixel, as the engine needs them. Fails with 'no-scale'. */
  forEngine(slideId: number): { slide: string; mpp: number } {
    const { info } = this.#project.slides.get(slideId)
    if (!info.mpp) throw noScale(this.#project.slides.locate(slideId))
    // Pixels are square in practice; where they are not quite, the mean keeps areas right.
    return { slide: this.#project.slides.locate(slideId), mpp: Math.sqrt(info.mpp.x * info.mpp.y) }
  }

  /** Forgets the open reader of a slide, because its file or scale was set anew. */
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
