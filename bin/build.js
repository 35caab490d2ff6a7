import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const stamp = join(root, 'dist', '.built')
/** What the build is made from. */
const sources = ['bench', 'electron', 'models', 'renderer', 'package-lock.json', 'tsconfig.base.json', 'tsconfig.json']

/** Time of the newest file below `path`, ms. */
function newest(path) {
  const { mtimeMs } = statSync(path)
  if (!statSync(path).isDirectory()) return mtimeMs
  return Math.max(
    ...readdirSync(path, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs),
  )
}

/** Returns a hash of the compiled programs. Processes that talk to each other compare it (electron/threads/build.ts). */
function hashOfBuild() {
  const hash = createHash('sha256')
  for (const room of ['electron', 'models']) {
    const files = readdirSync(join(root, 'dist', room), { recursive: true }).filter((name) => /\.c?js$/.test(name))
    for (const name of files.map((name) => name.replaceAll('\\', '/')).sort())
      hash.update(name).update(readFileSync(join(root, 'dist', room, name)))
  }
  return hash.digest('hex').slice(0, 16)
}

const isUpToDate = () =>
  existsSync(stamp) && sources.every((source) => newest(join(root, source)) <= statSync(stamp).mtimeMs)

/**
 * Compiles Karyon where the sources are newer than the last build. Says so on stderr, as stdout belongs to results.
 * @returns false where the compiler failed; it has said why
 */
export function bringUpToDate() {
  if (!existsSync(join(root, 'tsconfig.json')) || isUpToDate()) return true
  process.stderr.write('Building Karyon …\n')
  const began = Date.now()
  for (const [tool, ...args] of [
    ['typescript/bin/tsc', '-b'],
    ['vite/bin/vite.js', 'build', 'renderer', '--logLevel', 'warn'],
  ]) {
    const program = join(root, 'node_modules', tool)
    if (!existsSync(program)) {
      process.stderr.write(
        'Karyon is not built, and its compiler is not installed. Run "npm ci" in its folder first.\n',
      )
      return false
    }
    const { status } = spawnSync(process.execPath, [program, ...args], { cwd: root, stdio: ['ignore', 2, 2] })
    if (status !== 0) return false
  }
  writeFileSync(join(root, 'dist', 'build.txt'), `${hashOfBuild()}\n`)
  writeFileSync(stamp, '')
  process.stderr.write(`Built in ${((Date.now() - began) / 1000).toFixed(0)} s.\n`)
  return true
}

/** For Playwright, whose tests run what is built: never an old build. */
export default function buildFirst() {
  if (!bringUpToDate()) throw new Error('Karyon could not be built; the compiler says why above.')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = bringUpToDate() ? 0 : 1
