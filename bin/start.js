// `npm start`: brings the build up to date, then opens the desktop window, or serves the page where there is none.
import { bringUpToDate } from './build.js'
import { underNewNode } from './node.js'

await underNewNode(async () => {
  if (bringUpToDate()) await import('../dist/electron/start.js')
  else process.exitCode = 1
})
