import type { EngineHello, Learning, MapSummary, NucleusMap } from '../../contract/index.ts'
import type { Engine } from '../../launch/engineClient.ts'
import type { Project } from '../../store/index.ts'
import type { Announcer } from './events.ts'
import type { JobQueue } from './jobQueue.ts'
import type { Models } from './models.ts'
import type { OpenSlides } from './openSlides.ts'
import type { Tissue } from './tissue.ts'
import type { SlideViews } from './slideViews.ts'

/** A map of a slide's nuclei, with a summary of what it was made from. */
export interface KeptMap {
  readonly map: NucleusMap
  readonly summary: MapSummary
}

/** One open project with everything that the parts of the host need to serve it. */
export interface ProjectContext {
  readonly project: Project
  readonly engine: Engine
  readonly models: Models
  readonly slides: OpenSlides
  readonly views: SlideViews
  readonly tissue: Tissue
  /** Maps by slide id. Kept in memory only: with cached tokens, a map is made again in seconds. */
  readonly maps: Map<number, KeptMap>
  readonly jobs: JobQueue
  readonly announcer: Announcer
  /** Karyon's version. */
  readonly version: string
  /** Counts the projects opened in this process, from 1 (state.project.opening). */
  readonly opening: number
  /** What live learning does; see LiveLearning. */
  learning: Learning
  /** Called with the slide after labels changed. */
  readonly labelListeners: Set<(slideId: number) => void>
  /** Aborted when the project starts to close; requests still running then end. */
  readonly closing: AbortController
  /** The engine's answer to `hello`; undefined until it has answered. */
  hello?: EngineHello
  /** Returns the name of the current reader, which is stored in every step. */
  reader(): string
}

/** Call this after a slide's nuclei, shown run or tissue changed. Pages then fetch the slide's shown classes again. */
export function slideChanged(context: ProjectContext, slideId: number): void {
  context.views.changed(slideId)
  context.announcer.changed()
}

/**
 * Call this after only the labels of these nuclei changed. Pages then fetch the shown classes of these nuclei alone.
 */
export function labelsChanged(context: ProjectContext, slideId: number, nucleusIds: ArrayLike<number>): void {
  context.views.labelled(slideId, Uint32Array.from(nucleusIds))
  context.announcer.changed()
  for (const listener of context.labelListeners) listener(slideId)
}
