import { existsSync } from 'node:fs'
import { userInfo } from 'node:os'
import { resolve } from 'node:path'
import type { Engine } from '../../launch/engineClient.ts'
import { createProject, openProject } from '../../store/index.ts'
import type { ProjectContext } from '../state/context.ts'
import { Announcer } from '../state/events.ts'
import { JobQueue } from '../state/jobQueue.ts'
import { Models } from '../state/models.ts'
import { OpenSlides } from '../state/openSlides.ts'
import { SlideViews } from '../state/slideViews.ts'
import { Tissue } from '../state/tissue.ts'
import { openingNotices } from './openingNotices.ts'
import { projectState } from './projectState.ts'

export interface ProjectOptions {
  /** Project file. It is created if it does not exist. */
  readonly project: string
  readonly engine: Engine
  /** Folder whose subfolders are the models that ship with Karyon. */
  readonly builtInModels: string
  readonly version: string
  /** Counts the projects opened in this process, from 1. Default: 1. */
  readonly opening?: number
}

/**
 * Opens a project, or creates it. Throws FailureError if the file is not a Karyon project, is damaged, comes from a
 * newer Karyon, is in use or cannot be written.
 */
export async function openContext(options: ProjectOptions): Promise<ProjectContext> {
  const { engine, builtInModels, version, opening = 1 } = options
  const file = resolve(options.project)
  const project = existsSync(file) ? openProject(file) : createProject(file)
  try {
    const slides = new OpenSlides(project)
    const tissue = new Tissue(project, slides)
    const views = new SlideViews(project, tissue)
    const announcer = new Announcer(
      () => projectState(context),
      (before, now) => views.shownPatches(before, now),
    )
    const context: ProjectContext = {
      project,
      engine,
      models: new Models(project, builtInModels),
      slides,
      views,
      tissue,
      maps: new Map(),
      jobs: new JobQueue(() => announcer.changed()),
      announcer,
      version,
      opening,
      learning: {
        isOn: project.settings.get('liveLearning') !== 'off',
        isRunning: false,
        last: null,
        obstacle: null,
      },
      labelListeners: new Set(),
      closing: new AbortController(),
      reader: () => project.settings.get('reader') ?? userInfo().username,
    }
    engine.restarts?.watch(() => announcer.changed())
    for (const problem of await context.models.refresh()) announcer.notice('warning', problem)
    for (const { level, message } of openingNotices(project)) announcer.notice(level, message)
    const classes = context.models.active()?.classes ?? []
    if (project.classes.all().length === 0) project.classes.getOrAdd(classes.map((name) => ({ name })))
    return context
  } catch (error) {
    project.close()
    throw error
  }
}
