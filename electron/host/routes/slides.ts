import { resolve } from 'node:path'
import { exporters } from '../../formats/index.ts'
import { countsOf, find, prepareFilter } from '../edits/filter.ts'
import { previewImport } from '../jobs/previewJob.ts'
import { forecastLabels } from '../review/forecastLabels.ts'
import { fitnessOf, goOnAnyway } from '../review/fitness.ts'
import { nearestLabels, surroundingsOf } from '../review/whyNucleus.ts'
import { browse } from '../project/browse.ts'
import type { Routes } from './routes.ts'

export const slideRoutes: Routes<'slides'> = ({ workbench, context }) => ({
  fitness: ({ slideId }) => fitnessOf(context, slideId),
  goOnAnyway: ({ slideId, findings }) => goOnAnyway(context, slideId, findings),
  open: async ({ path, mpp, image }) => ({ slideId: await workbench.openSlide(path, mpp, image) }),
  openImage: async ({ slideId, image, mpp }) => ({
    slideId: await workbench.openSlide(context.project.slides.locate(slideId), mpp, image),
  }),
  images: ({ path }) => workbench.imagesOf(path),
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
  surroundings: ({ slideId, nucleusId }) => surroundingsOf(context, slideId, nucleusId),
  nearestLabels: ({ slideId, nucleusId }) => nearestLabels(context, slideId, nucleusId),
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
