import type { ProjectState } from '../../contract/index.ts'
import type { ProjectContext } from '../state/context.ts'
import { projectName } from '../state/paths.ts'

/** Steps of the log that the state carries. */
const stepsInState = 200

/** What the page knows of an open project without asking: all that is small. */
export function projectState(context: ProjectContext): ProjectState {
  const { project, models, views, maps, jobs, version, opening, hello } = context
  return {
    version,
    project: { path: project.path, name: projectName(project.path), opening },
    reader: context.reader(),
    readerGiven: project.settings.get('reader') !== undefined,
    classes: project.classes.all(),
    slides: project.slides.all().map(({ id }) => ({ ...views.summary(id), map: maps.get(id)?.summary ?? null })),
    models: [...models.all()],
    activeModelId: models.active()?.id ?? '',
    runs: project.runs.all(),
    jobs: jobs.list(),
    regions: [...project.regions.all()],
    readings: project.readings.all(),
    steps: project.log.steps(stepsInState),
    canUndo: project.log.canUndo,
    canRedo: project.log.canRedo,
    engine: hello ? { provider: hello.provider, reason: hello.providerReason } : null,
  }
}
