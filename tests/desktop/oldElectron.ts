import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'
import { readArchive } from './checkPacked.ts'

/** What Chromium 114 lacks and the page uses. Half-precision numbers are read into an array of floats. */
export const pageStandIn = `
Promise.withResolvers ??= () => {
  const made = {}
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }))
  return made
}
globalThis.Float16Array ??= class Float16Array extends Float32Array {
  static BYTES_PER_ELEMENT = 2
  constructor(buffer, offset, length) {
    super(
      Array.from(new Uint16Array(buffer, offset, length), (bits) => {
        const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023]
        const size =
          exponent === 0 ? fraction * 2 ** -24
          : exponent < 31 ? (1 + fraction / 1024) * 2 ** (exponent - 15)
          : fraction ? NaN : Infinity
        return bits >> 15 ? -size : size
      }),
    )
  }
}
`
/** The path of a dropped file was a property of the file in Electron 25. */
const preloadStandIn = `
const electron = require('electron')
electron.webUtils = { getPathForFile: (file) => file.path ?? '' }
`
/**
 * What stands before the shell. The host runs under plain Node (KARYON_NODE), which only a checkout may do.
 * @param preload path of the preload's stand-in
 */
const before = (preload: string) => `{
  const { app, session } = require('electron')
  Object.defineProperty(app, 'isPackaged', { value: false })
  app.on('ready', () => session.defaultSession.setPreloads([${JSON.stringify(preload)}]))
}`

/**
 * Bundles the built shell for Electron 25, which takes only CommonJS as its program. Returns the bundle's path.
 * @param shell the built electron/main.js
 * @param folder where the bundle goes
 */
export async function bundleForOldElectron(shell: string, folder: string): Promise<string> {
  mkdirSync(folder, { recursive: true })
  const preload = join(folder, 'preloadStandIn.cjs')
  writeFileSync(preload, preloadStandIn)
  await build({
    configFile: false,
    logLevel: 'error',
    publicDir: false,
    plugins: [
      {
        name: 'each file keeps its own URL',
        transform: (code, id) => code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)),
      },
    ],
    ssr: { noExternal: true },
    build: {
      ssr: shell,
      outDir: folder,
      emptyOutDir: false,
      target: 'node18',
      minify: false,
      rolldownOptions: {
        external: ['electron', /^node:/],
        output: {
          format: 'cjs',
          entryFileNames: 'main.cjs',
          banner: before(preload),
        },
      },
    },
  })
  return join(folder, 'main.cjs')
}

/**
 * Copies a packed Karyon that has the old Electron, and takes its archive apart there: plain Node, which runs the host,
 * cannot read one. Everything but the shell's bundle is the package's own. Returns the program.
 * @param packed folder that pack.ts has made
 * @param folder where the copy goes
 */
export async function openPackage(packed: string, folder: string): Promise<string> {
  const copy = join(folder, 'packed')
  const { status, stderr } = spawnSync('cp', ['-a', packed, copy], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  const app = join(copy, 'resources/app')
  const { files, close } = readArchive(join(copy, 'resources/app.asar'))
  for (const [path, { read }] of files) {
    mkdirSync(dirname(join(app, path)), { recursive: true })
    writeFileSync(join(app, path), read())
  }
  close()
  rmSync(join(copy, 'resources/app.asar'))
  rmSync(join(copy, 'resources/app.asar.unpacked'), { recursive: true })
  await bundleForOldElectron(join(app, 'dist/electron/main.js'), join(app, 'bundle'))
  const description = join(app, 'package.json')
  writeFileSync(description, readFileSync(description, 'utf8').replace('dist/electron/main.js', 'bundle/main.cjs'))
  return join(copy, 'karyon')
}
