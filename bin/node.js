import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { constants } from 'node:os'

/** The first Node with `node:sqlite` and no flag for it; electron/launch/nodeVersion.ts says the same to people. */
const needed = [22, 13]

function isNewEnough() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return major > needed[0] || (major === needed[0] && minor >= needed[1])
}

/** The Node that comes with Karyon as a package, where there is one for this system. */
function nodeOfKaryon() {
  const system = process.platform === 'win32' ? 'win' : process.platform
  const folder = join(import.meta.dirname ?? dirname(fileURLToPath(import.meta.url)), '..', 'node_modules')
  const program = join(folder, `node-${system}-${process.arch}`, 'bin', system === 'win' ? 'node.exe' : 'node')
  return existsSync(program) ? program : undefined
}

/**
 * Runs `work` under a Node that is new enough: this one, else the one that comes with Karyon, which then runs the same
 * program again. Programs that `work` starts find that Node first. npm's own link to it cannot be relied on: npm 10
 * leaves it out where a package of the same command for another system was skipped.
 */
export async function underNewNode(work) {
  if (isNewEnough()) {
    process.env.PATH = `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`
    return await work()
  }
  const program = nodeOfKaryon()
  if (!program) {
    process.stderr.write(
      `karyon: Karyon needs Node ${needed.join('.')} or newer, and this is Node ${process.versions.node}. Install a newer Node and try again.\n`,
    )
    process.exitCode = 1
    return
  }
  const child = spawn(program, process.argv.slice(1), { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  process.exitCode = await new Promise((resolve) =>
    child.on('close', (code, signal) => resolve(code ?? 128 + constants.signals[signal])),
  )
}
