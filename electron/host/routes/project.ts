import type { Routes } from './routes.ts'

export const projectRoutes: Routes<'projects'> = ({ projects }) => ({
  recent: () => projects.recent(),
  open: async ({ path, stopWork }) => ({ opening: await projects.open(path, stopWork) }),
  create: async ({ folder, name, stopWork }) => ({ opening: await projects.create(folder, name, stopWork) }),
  forget: ({ path }) => projects.forget(path),
})

export const readerRoutes: Routes<'reader'> = ({ workbench }) => ({
  set: ({ name }) => void (workbench.reader = name),
})

export const modelRoutes: Routes<'models'> = ({ workbench }) => ({
  activate: ({ modelId }) => workbench.activate(modelId),
})

export const engineRoutes: Routes<'engine'> = ({ workbench }) => ({
  start: () => workbench.startEngine(),
})

export const jobRoutes: Routes<'jobs'> = ({ workbench }) => ({
  cancel: ({ jobId }) => workbench.cancel(jobId),
})
