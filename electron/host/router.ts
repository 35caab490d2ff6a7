import { implement } from '@orpc/server'
import { api } from '../contract/index.ts'
import { browse } from './browse.ts'
import type { Workbench } from './workbench.ts'

/** The routes of the contract, each one line over the workbench. Failures are turned into FAILURE in rpc.ts. */
export function createRouter(workbench: Workbench) {
  const route = implement(api)
  return route.router({
    state: route.state.handler(() => workbench.state()),
    events: route.events.handler(({ signal }) => workbench.events(signal)),
    slides: {
      open: route.slides.open.handler(async ({ input }) => ({
        slideId: await workbench.openSlide(input.path, input.mpp),
      })),
      browse: route.slides.browse.handler(({ input }) => browse(input.folder)),
    },
    nuclei: {
      detect: route.nuclei.detect.handler(({ input: { slideId, ...where } }) => ({
        jobId: workbench.detect(slideId, where),
      })),
      import: route.nuclei.import.handler(({ input }) => ({
        jobId: workbench.importNuclei(input.slideId, input.path, input.asLabels),
      })),
      details: route.nuclei.details.handler(({ input }) => workbench.details(input.slideId, input.nucleusId)),
      classify: route.nuclei.classify.handler(({ input: { slideId, ...options } }) => ({
        jobId: workbench.classify(slideId, options),
      })),
      embed: route.nuclei.embed.handler(({ input }) => ({ jobId: workbench.embed(input.slideId) })),
    },
    labels: {
      set: route.labels.set.handler(({ input }) => ({
        stepId: workbench.label(input.slideId, input.nucleusIds, input.classId, input.reason),
      })),
      undo: route.labels.undo.handler(() => ({ step: workbench.undo() })),
      redo: route.labels.redo.handler(() => ({ step: workbench.redo() })),
    },
    training: {
      start: route.training.start.handler(({ input }) => ({ jobId: workbench.train(input) })),
    },
    models: {
      activate: route.models.activate.handler(({ input }) => {
        workbench.activate(input.modelId)
        return {}
      }),
    },
    jobs: {
      cancel: route.jobs.cancel.handler(({ input }) => {
        workbench.cancel(input.jobId)
        return {}
      }),
    },
    reader: {
      set: route.reader.set.handler(({ input }) => {
        workbench.reader = input.name
        return {}
      }),
    },
    export: {
      file: route.export.file.handler(({ input }) => workbench.exportFile(input.slideId, input.format, input.path)),
    },
  })
}
