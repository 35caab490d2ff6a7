export { moved } from './messages.ts'
export { serveThread } from './serveThread.ts'
export { sibling } from './sibling.ts'
export { startThread, type Thread } from './startThread.ts'
