import type { EngineHello, MapSummary, NucleusMap } from '../../contract/index.ts'
import type { Engine } from '../../launch/engineClient.ts'
import type { Project } from '../../store/index.ts'
import type { Announcer } from './events.ts'
import type { JobQueue } from './jobQueue.ts'
import type { Models } from './models.ts'
import type { OpenSlides } from './openSlides.ts'
import type { Tissue } from './tissue.ts'
import type { SlideViews } from './slideViews.ts'

/** A map of a slide's nuclei and what it was made of. */
export interface KeptMap {
  readonly map: NucleusMap
  readonly summary: MapSummary
}

/** One open project, and what every part of the host works with to serve it. */
export interface ProjectContext {
  readonly project: Project
  readonly engine: Engine
  readonly models: Models
  readonly slides: OpenSlides
  readonly views: SlideViews
  readonly tissue: Tissue
  /** Maps of slides, kept in memory: with the tokens at hand one is made again in seconds. */
  readonly maps: Map<number, KeptMap>
  readonly jobs: JobQueue
  readonly announcer: Announcer
  /** Karyon's. */
  readonly version: string
  /** Number of this opening among those of the process, from 1 (state.project.opening). */
  readonly opening: number
  /** Aborted when the project is being closed: what is asked of it then ends. */
  readonly closing: AbortController
  /** What the engine said of itself; undefined before it answered. */
  hello?: EngineHello
  /** Who labels: named in every step. */
  reader(): string
}

/** To be called after a slide's nuclei, shown run or tissue changed: pages fetch what is shown of it anew. */
export function slideChanged(context: ProjectContext, slideId: number): void {
  context.views.changed(slideId)
  context.announcer.changed()
}

/** To be called after nothing but labels of these nuclei changed: pages fetch what is shown of these. */
export function labelsChanged(context: ProjectContext, slideId: number, nucleusIds: ArrayLike<number>): void {
  context.views.labelled(slideId, Uint32Array.from(nucleusIds))
  context.announcer.changed()
}
