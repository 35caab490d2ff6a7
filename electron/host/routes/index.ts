import { classRoutes, labelRoutes, outlineRoutes, regionRoutes } from './editing.ts'
import { engineRoutes, jobRoutes, modelRoutes, projectRoutes, readerRoutes } from './project.ts'
import { auditRoutes, readingRoutes, reviewRoutes, runRoutes } from './review.ts'
import type { Routes, Subject } from './routes.ts'
import { settingsRoutes } from './settings.ts'
import { exportRoutes, nucleusRoutes, slideRoutes, trainingRoutes } from './slides.ts'

/** The routes of every subject of the contract. */
export const routes: { readonly [S in Subject]: Routes<S> } = {
  projects: projectRoutes,
  settings: settingsRoutes,
  slides: slideRoutes,
  nuclei: nucleusRoutes,
  outlines: outlineRoutes,
  regions: regionRoutes,
  readings: readingRoutes,
  review: reviewRoutes,
  audits: auditRoutes,
  runs: runRoutes,
  classes: classRoutes,
  labels: labelRoutes,
  training: trainingRoutes,
  models: modelRoutes,
  engine: engineRoutes,
  jobs: jobRoutes,
  reader: readerRoutes,
  export: exportRoutes,
}
