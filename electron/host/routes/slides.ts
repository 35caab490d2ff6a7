import { resolve } from 'node:path'
import { exporters } from '../../formats/index.ts'
import { countsOf, find, prepareFilter } from '../edits/filter.ts'
import { previewImport } from '../jobs/previewJob.ts'
import { forecastLabels } from '../review/forecastLabels.ts'
import { browse } from '../project/browse.ts'
import type { Routes } from './routes.ts'

export const slideRoutes: Routes<'slides'> = ({ workbench }) => ({
  open: async ({ path, mpp }) => ({ slideId: await workbench.openSlide(path, mpp) }),
  browse: ({ folder, what }) => browse(folder, what),
  async batch({ folder, mpp }) {
    const { slideIds, jobIds, refused, folders } = await workbench.batch(folder, mpp)
    return { slideIds, jobIds, refused, folders }
  },
})

export const nucleusRoutes: Routes<'nuclei'> = ({ workbench, context }) => ({
  detect: ({ slideId, ...where }) => ({ jobId: workbench.detect(slideId, where) }),
  preview: ({ slideId, path }) => previewImport(context, slideId, [resolve(path)]),
  import: ({ slideId, path, asLabels }) => ({ jobId: workbench.importNuclei(slideId, path, asLabels) }),
  details: ({ slideId, nucleusId }) => workbench.details(slideId, nucleusId),
  classify: ({ slideId, ...options }) => ({ jobId: workbench.classify(slideId, options) }),
  embed: ({ slideId }) => ({ jobId: workbench.embed(slideId) }),
  async counts({ slideId, where }) {
    await prepareFilter(context, slideId, where)
    return countsOf(context, slideId, where)
  },
  async find({ slideId, where, limit }) {
    await prepareFilter(context, slideId, where)
    return find(context, slideId, where, limit)
  },
})

export const trainingRoutes: Routes<'training'> = ({ workbench, context }) => ({
  forecast: () => forecastLabels(context),
  live: ({ isOn }) => workbench.live.switch(isOn),
  start: (options) => ({ jobId: workbench.train(options) }),
  plan: ({ holdOut }) => workbench.trainingPlan(holdOut),
  pretrain: (options) => ({ jobId: workbench.pretrain(options) }),
})

export const exportRoutes: Routes<'export'> = () => ({
  formats: () => exporters.map(({ format, name }) => ({ format, name })),
})
