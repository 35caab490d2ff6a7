export { RecentProjects } from './project/recentProjects.ts'
export { startHost, type Host, type HostOptions } from './host.ts'
export { Workbench, type WorkbenchOptions } from './project/workbench.ts'
