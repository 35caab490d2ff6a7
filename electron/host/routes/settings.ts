import { emptyCache } from '../project/workstation.ts'
import type { Routes } from './routes.ts'

export const settingsRoutes: Routes<'settings'> = ({ projects: { workstation }, context }) => ({
  read: () => workstation.view(context),
  change: (change) => workstation.change(change),
  openSlide: () => workstation.openSlide(),
  emptyCache: async () => ({ bytes: await emptyCache(context) }),
})
