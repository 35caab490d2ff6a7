import { slideNames } from '../state/slideNames.ts'
import type { ProjectState } from '../../contract/index.ts'
import type { ProjectContext } from '../state/context.ts'
import { proposalOf } from '../state/proposals.ts'
import { projectName } from '../state/paths.ts'

/** Number of newest log steps that the state contains. */
const stepsInState = 200

/** Returns the state sent to every page: everything about an open project that is small. */
export function projectState(context: ProjectContext): ProjectState {
  const { project, models, views, maps, jobs, version, opening, engine, hello } = context
  return {
    version,
    project: { path: project.path, name: projectName(project.path), opening },
    reader: context.reader(),
    readerGiven: project.settings.get('reader') !== undefined,
    classes: project.classes.all(),
    slides: [...slideNames(project)].map(([id, name]) => ({
      ...views.summary(id),
      name,
      map: maps.get(id)?.summary ?? null,
      proposedRunId: proposalOf(project, id),
    })),
    models: [...models.all()],
    activeModelId: models.active()?.id ?? '',
    runs: project.runs.all(),
    jobs: jobs.list(),
    regions: [...project.regions.all()],
    readings: project.readings.all(),
    steps: project.log.steps(stepsInState),
    learning: context.learning,
    canUndo: project.log.canUndo,
    canRedo: project.log.canRedo,
    engine: hello ? { provider: hello.provider, reason: hello.providerReason } : null,
    engineGivenUp: engine.restarts?.givenUp ?? null,
  }
}
