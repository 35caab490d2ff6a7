import { implement } from '@orpc/server'
import { api, type NucleusFilter } from '../../contract/index.ts'
import { browse } from '../project/browse.ts'
import { countsOf, find } from '../edits/filter.ts'
import type { Projects } from '../project/projects.ts'
import type { Workbench } from '../project/workbench.ts'

/** The routes of the contract, each one line over the workbench. Failures are turned into FAILURE in rpc.ts. */
export function createRouter(workbench: Workbench, projects: Projects) {
  const route = implement(api)
  const { labels, drawing, runs, scheme, review } = workbench
  /** What nuclei are chosen by may have to be found first. */
  const ready = async ({ slideId, where }: { slideId: number; where?: NucleusFilter }) => {
    if (where?.tissue !== undefined) await workbench.bench.tissue.find(slideId)
  }
  return route.router({
    state: route.state.handler(() => workbench.state()),
    events: route.events.handler(({ signal }) => workbench.events(signal)),
    projects: {
      recent: route.projects.recent.handler(() => projects.recent()),
      open: route.projects.open.handler(async ({ input }) => ({
        opening: await projects.open(input.path, input.stopWork),
      })),
      create: route.projects.create.handler(async ({ input }) => ({
        opening: await projects.create(input.folder, input.name, input.stopWork),
      })),
      forget: route.projects.forget.handler(async ({ input }) => {
        await projects.forget(input.path)
        return {}
      }),
    },
    slides: {
      open: route.slides.open.handler(async ({ input }) => ({
        slideId: await workbench.openSlide(input.path, input.mpp),
      })),
      browse: route.slides.browse.handler(({ input }) => browse(input.folder, input.what)),
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
      counts: route.nuclei.counts.handler(async ({ input }) => {
        await ready(input)
        return countsOf(workbench.bench, input.slideId, input.where)
      }),
      find: route.nuclei.find.handler(async ({ input }) => {
        await ready(input)
        return find(workbench.bench, input.slideId, input.where, input.limit)
      }),
    },
    outlines: {
      draw: route.outlines.draw.handler(({ input }) => {
        const { stepId, nucleusIds } = drawing.edit(input.slideId, { kind: 'draw', outline: input.outline })
        return { stepId, nucleusId: nucleusIds[0] }
      }),
      redraw: route.outlines.redraw.handler(({ input: { slideId, nucleusId: id, outline } }) =>
        drawing.edit(slideId, { kind: 'redraw', id, outline }),
      ),
      remove: route.outlines.remove.handler(({ input: { slideId, nucleusIds: ids } }) =>
        drawing.edit(slideId, { kind: 'remove', ids }),
      ),
      split: route.outlines.split.handler(({ input: { slideId, nucleusId: id, line } }) =>
        drawing.edit(slideId, { kind: 'split', id, line }),
      ),
      merge: route.outlines.merge.handler(({ input: { slideId, nucleusIds: ids } }) => {
        const { stepId, nucleusIds } = drawing.edit(slideId, { kind: 'merge', ids })
        return { stepId, nucleusId: nucleusIds[0] }
      }),
    },
    review: {
      list: route.review.list.handler(async ({ input }) => {
        await ready(input)
        return review.list(input.slideId, input.order, input.where)
      }),
      window: route.review.window.handler(({ input }) => review.window(input.listId, input.from, input.to)),
      coverage: route.review.coverage.handler(({ input }) => review.coverage(input.slideId)),
    },
    readings: {
      merge: route.readings.merge.handler(({ input }) => runs.merge(input.path)),
      agreement: route.readings.agreement.handler(() => runs.agreement()),
    },
    regions: {
      set: route.regions.set.handler(({ input: { regionId: id, ...region } }) => drawing.setRegion({ ...region, id })),
      remove: route.regions.remove.handler(({ input }) => ({ stepId: drawing.removeRegion(input.regionId) })),
    },
    runs: {
      difference: route.runs.difference.handler(({ input }) => {
        const { same, flips } = runs.difference(input.slideId, input.from, input.to)
        return { same, flips: [...flips] }
      }),
      flipped: route.runs.flipped.handler(({ input: { slideId, flip, limit, ...pair } }) => ({
        nucleusIds: runs.flipped(slideId, pair, flip, limit),
      })),
      accept: route.runs.accept.handler(async ({ input }) => {
        await ready(input)
        return { stepId: runs.accept(input.slideId, input.runId, input.where) }
      }),
    },
    classes: {
      add: route.classes.add.handler(({ input }) => ({ classId: scheme.add(input.name) })),
      change: route.classes.change.handler(({ input }) => {
        scheme.change(input)
        return {}
      }),
      uses: route.classes.uses.handler(({ input }) => scheme.uses(input.classId)),
      remove: route.classes.remove.handler(({ input }) => {
        scheme.remove(input.classId)
        return {}
      }),
      map: route.classes.map.handler(({ input }) => {
        scheme.map(input.modelClass, input.classId)
        return {}
      }),
    },
    labels: {
      set: route.labels.set.handler(({ input }) => ({
        stepId: labels.set(
          input.slideId,
          input.nucleusIds,
          input.classId,
          review.answered(input.nucleusIds, input.reason),
        ),
      })),
      setWhere: route.labels.setWhere.handler(async ({ input }) => {
        await ready(input)
        return labels.setWhere(input.slideId, input.where, input.classId, input.reason)
      }),
      agree: route.labels.agree.handler(({ input }) => review.agree(input.slideId, input.nucleusIds, input.reason)),
      undo: route.labels.undo.handler(() => ({ step: labels.undo() })),
      goTo: route.labels.goTo.handler(({ input }) => ({ steps: labels.goTo(input.stepId) })),
      redo: route.labels.redo.handler(() => ({ step: labels.redo() })),
    },
    training: {
      start: route.training.start.handler(({ input }) => ({ jobId: workbench.train(input) })),
      pretrain: route.training.pretrain.handler(({ input }) => ({ jobId: workbench.pretrain(input) })),
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
