// `npm start`: brings the build up to date, then opens the desktop window, or serves the page where there is none.
import { bringUpToDate } from './build.js'

process.exitCode = 1
if (bringUpToDate()) {
  const { tooOldNode } = await import('../dist/electron/launch/nodeVersion.js')
  const problem = tooOldNode()
  if (problem) process.stderr.write(`karyon: ${problem}\n`)
  else {
    process.exitCode = 0
    await import('../dist/electron/start.js')
  }
}
