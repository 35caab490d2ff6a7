export { address, host, failureOf, fetchAddress, fetchBytes } from './client.ts'
export { useNotices } from './notices.ts'
export { useProject } from './project.ts'
export { useHostData } from './useHostData.ts'
