export { RecentProjects } from './recentProjects.ts'
export { startHost, type Host, type HostOptions } from './host.ts'
export { Workbench, type WorkbenchOptions } from './workbench.ts'
