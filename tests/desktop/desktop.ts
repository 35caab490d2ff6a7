import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { _electron, type ElectronApplication, type Page } from '@playwright/test'
import { debianPackages, fetchedElectron } from './fetchElectron.ts'
import { readyMessage } from '../../electron/launch/shellMark.ts'
import { bundleForOldElectron, openPackage, pageStandIn } from './oldElectron.ts'

const root = join(import.meta.dirname, '../..')

/** An Electron that can run Karyon here. */
export interface Shell {
  /** What runs, for the log. */
  readonly name: string
  readonly program: string
  /** What is passed before the user's arguments. */
  readonly args: readonly string[]
  readonly env: Record<string, string>
  /** What the page needs before its own scripts. */
  readonly pageScript?: string
}

/** The ordinary user of Debian without rights; Chromium's sandbox refuses root. */
const nobody = { uid: 65534, gid: 65534 }
const isRoot = process.getuid?.() === 0

/** Makes a folder that the user who runs the window may write to. */
export function ownFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `karyon-${name}-`))
  giveAway(folder)
  return folder
}
/** Lets the user who runs the window write a file or folder that the test has made. */
export function giveAway(path: string): void {
  if (isRoot) spawnSync('chown', ['-R', `${nobody.uid}:${nobody.gid}`, path])
}

/**
 * Returns the Electron to test with, or why there is none: the current one's own binary, else the old one that
 * `node tests/desktop/fetchElectron.ts` fetches. KARYON_PACKED names the folder of a packed Karyon (pack.ts) that is tested
 * instead.
 * @param folder where what must be prepared goes
 */
export async function findShell(folder: string): Promise<Shell | { readonly missing: string }> {
  if (process.platform === 'linux' && !process.env.DISPLAY && !hasXvfb())
    return { missing: `There is no display and no Xvfb. Under Debian: apt-get install ${debianPackages}` }
  const packed = process.env.KARYON_PACKED
  if (packed)
    return {
      name: `the packed Karyon of ${packed} with Electron 25.1.1; the host under Node ${process.versions.node}`,
      program: await openPackage(packed, folder),
      args: [],
      env: { KARYON_NODE: process.execPath },
      pageScript: pageStandIn,
    }
  const main = join(root, 'dist/electron/main.js')
  if (!existsSync(main)) return { missing: 'Karyon is not built: npm run build' }
  const current = currentElectron()
  if (current)
    return { name: `Electron ${current.version}, ${current.path}`, program: current.path, args: [main], env: {} }
  const old = fetchedElectron()
  if (!old)
    return {
      missing:
        "There is no Electron: the current one's binary is not installed, and tests/desktop/fetchElectron.ts has not fetched the old one",
    }
  return {
    name: `Electron 25.1.1 for tests, ${old}; the host under Node ${process.versions.node}`,
    program: old,
    args: [await bundleForOldElectron(main, folder)],
    env: { KARYON_NODE: process.execPath },
    pageScript: pageStandIn,
  }
}

function currentElectron(): { path: string; version: string } | undefined {
  const description = createRequire(import.meta.url).resolve('electron/package.json')
  const path = join(dirname(description), 'dist', process.platform === 'win32' ? 'electron.exe' : 'electron')
  const { version } = createRequire(import.meta.url)(description) as { version: string }
  return existsSync(path) ? { path, version } : undefined
}

const hasXvfb = () => spawnSync('Xvfb', ['-help']).error === undefined

/** A display: the one that is there, or an Xvfb of our own. */
export async function openDisplay(): Promise<{ readonly name: string; close(): void }> {
  const given = process.env.DISPLAY
  if (given || process.platform !== 'linux') return { name: given ?? '', close: () => undefined }
  const server: ChildProcess = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const number = await new Promise<string>((found, failed) => {
    server.once('exit', (code) => failed(new Error(`Xvfb ended with code ${code}.`)))
    server.stdio[3]?.on('data', (text: Buffer) => found(text.toString().trim()))
  })
  return { name: `:${number}`, close: () => server.kill() }
}

/** A running Karyon with its window. */
export interface Desktop {
  readonly app: ElectronApplication
  readonly page: Page
  /** Everything the shell and its host have printed. */
  output(): string
  /** Waits until the process has ended, and resolves with its exit code. */
  ended(): Promise<number | null>
  /** Quits as the menu does, and waits until the process has ended. */
  quit(): Promise<void>
}

export interface StartOptions {
  readonly shell: Shell
  readonly display: string
  /** HOME, and KARYON_HOME below it. */
  readonly home: string
  readonly args?: readonly string[]
}

/** The environment of the window: nothing of the test runner's own. */
const environment = ({ shell, display, home }: StartOptions): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  LANG: 'C.UTF-8',
  HOME: home,
  XDG_CONFIG_HOME: join(home, 'config'),
  KARYON_HOME: join(home, 'karyon'),
  DISPLAY: display,
  ...shell.env,
})

/** Returns the program that starts `shell` as an ordinary user. */
function asOrdinaryUser(shell: Shell, home: string): string {
  if (!isRoot) return shell.program
  const wrapper = join(home, 'start.sh')
  const { uid, gid } = nobody
  writeFileSync(
    wrapper,
    `#!/bin/sh\nexec setpriv --reuid=${uid} --regid=${gid} --clear-groups '${shell.program}' "$@"\n`,
  )
  chmodSync(wrapper, 0o755)
  chownSync(wrapper, uid, gid)
  return wrapper
}

/** Starts Karyon and waits for its window. Native dialogs are answered by `answerDialogs` from then on. */
export async function startDesktop(options: StartOptions): Promise<Desktop> {
  const { shell, home, args = [] } = options
  const app = await _electron.launch({
    executablePath: asOrdinaryUser(shell, home),
    args: [...shell.args, ...args],
    env: environment(options),
    cwd: home,
    chromiumSandbox: true,
    timeout: 60_000,
  })
  let output = ''
  const child = app.process()
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (text: Buffer) => (output += text.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const page = await app.firstWindow({ timeout: 60_000 })
  page.setDefaultTimeout(60_000)
  // On a busy machine the shell says so before anyone listens.
  const isShown = async () =>
    output.includes(readyMessage) ||
    (await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().some((window) => window.isVisible())))
  for (let tries = 0; !(await isShown()) && tries < 600; tries++)
    await new Promise((resolve) => setTimeout(resolve, 100))
  // Anew, because the driver came in the middle of a navigation whose end it may have missed.
  if (shell.pageScript !== undefined) await page.addInitScript(shell.pageScript)
  await page.reload()
  return {
    app,
    page,
    output: () => output,
    ended: () => ended,
    async quit() {
      // A Karyon that hangs is ended by force, so that the test that found it is reported.
      const late = setTimeout(() => child.kill('SIGKILL'), 30_000)
      if (child.exitCode === null)
        void app.evaluate(({ app }) => void setImmediate(() => app.quit())).catch(() => undefined)
      await ended
      clearTimeout(late)
    },
  }
}

/** Starts a second Karyon beside the first, which ends by itself. Returns its exit code. */
export async function startSecond(options: StartOptions): Promise<number | null> {
  const { shell, home, args = [] } = options
  const child = spawn(asOrdinaryUser(shell, home), [...shell.args, ...args], {
    env: environment(options),
    stdio: 'ignore',
  })
  return new Promise((ended) => child.once('exit', ended))
}

/** Answers of the native dialogs, which a test cannot click. */
export interface Answers {
  /** The file that is chosen, or undefined where the user gives up. */
  readonly open?: string
  readonly save?: string
  /** Number of the button that is pressed in a question. */
  readonly button?: number
}

/** Has native dialogs answered from now on. What they say is printed, and so stands in `output()`. */
export const answerDialogs = (desktop: Desktop, answers: Answers): Promise<void> =>
  desktop.app.evaluate(({ dialog }, { open, save, button = 0 }) => {
    const say = (kind: string, ...said: unknown[]) => console.log(`dialog ${kind}: ${JSON.stringify(said)}`)
    const options = (given: unknown[]) => given.at(-1) as { title?: string; message?: string; filters?: unknown }
    Object.assign(dialog, {
      showOpenDialog: async (...given: unknown[]) => {
        say('open', options(given).title, options(given).filters)
        return { canceled: open === undefined, filePaths: open === undefined ? [] : [open] }
      },
      showSaveDialog: async (...given: unknown[]) => {
        say('save', options(given).title, options(given).filters)
        return { canceled: save === undefined, filePath: save ?? '' }
      },
      showMessageBox: async (...given: unknown[]) => {
        say('question', options(given).message)
        return { response: button, checkboxChecked: false }
      },
      showMessageBoxSync: (...given: unknown[]) => {
        say('question', options(given).message)
        return button
      },
      showErrorBox: (...said: unknown[]) => say('error', ...said),
    })
  }, answers)

/** Returns the processes below `pid` whose command line contains `part`. */
export function processesBelow(pid: number, part: string): number[] {
  const rows = spawnSync('ps', ['-eo', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .stdout.split('\n')
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row))
    .filter((row) => row !== null)
    .map(([, child, parent, args]) => ({ pid: Number(child), parent: Number(parent), args }))
  const below = new Set([pid])
  for (let before = 0; before < below.size;) {
    before = below.size
    for (const row of rows) if (below.has(row.parent)) below.add(row.pid)
  }
  return rows.filter((row) => row.pid !== pid && below.has(row.pid) && row.args.includes(part)).map((row) => row.pid)
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
}
