import type { Engine } from '../launch/engineClient.ts'
import type { Project } from '../store/index.ts'
import type { Announcer } from './announcer.ts'
import type { JobQueue } from './jobQueue.ts'
import type { Models } from './models.ts'
import type { OpenSlides } from './openSlides.ts'
import type { SlideViews } from './slideViews.ts'

/** What every piece of the workbench works with. */
export interface Bench {
  readonly project: Project
  readonly engine: Engine
  readonly models: Models
  readonly slides: OpenSlides
  readonly views: SlideViews
  readonly jobs: JobQueue
  readonly announcer: Announcer
}

/** To be called after a slide's nuclei, labels or shown run changed: the page fetches its columns again. */
export function slideChanged(bench: Bench, slideId: number): void {
  bench.views.changed(slideId)
  bench.announcer.changed()
}
