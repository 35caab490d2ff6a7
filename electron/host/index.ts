export { RecentProjects } from './project/recentProjects.ts'
export { startHost, type Host, type HostOptions } from './host.ts'
export { openContext, type ProjectOptions } from './project/openContext.ts'
export { Workbench } from './project/workbench.ts'
