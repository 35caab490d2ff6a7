import { existsSync, openSync, readFileSync, readSync, closeSync, readdirSync, statSync } from 'node:fs'
import { join, posix, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * `node tests/desktop/checkPacked.ts FOLDER` checks a packed Karyon (release/linux-unpacked, win-unpacked, mac): all that is
 * loaded is inside, native libraries are outside the archive, nothing of development is inside, and it is not too large.
 */
const root = join(import.meta.dirname, '../..')

/**
 * Largest size of what Karyon adds to Electron, by platform, MB. Measured on Linux x64: 90 MB. Windows has DirectML
 * besides, and macOS a larger onnxruntime; their budgets come from the sizes of those libraries.
 */
const budgets = { linux: 100, win32: 150, darwin: 150 }
/** Where Electron looks for the app, by platform. */
const archives = ['resources/app.asar', 'Contents/Resources/app.asar', 'Karyon.app/Contents/Resources/app.asar']

/** A file of an archive. `read` gives its bytes, until the archive is closed. */
export interface Packed {
  readonly size: number
  /** It lies beside the archive and not in it. */
  readonly unpacked: boolean
  read(): Buffer
}
/** A folder's or a file's entry in an archive's list. */
interface Entry {
  readonly files?: Readonly<Record<string, Entry>>
  readonly size?: number
  readonly offset?: string
  readonly unpacked?: boolean
}

/**
 * Reads the list of an asar archive: a pickled JSON tree after 16 bytes, whose sizes count from the tree's end
 * (github.com/electron/asar, "Format").
 */
export function readArchive(path: string): { readonly files: ReadonlyMap<string, Packed>; close(): void } {
  const file = openSync(path, 'r')
  const bytes = (from: number, length: number) => {
    const buffer = Buffer.alloc(length)
    readSync(file, buffer, 0, length, from)
    return buffer
  }
  const head = bytes(0, 16)
  const start = 8 + head.readUInt32LE(4)
  const files = new Map<string, Packed>()
  const walk = (folder: string, entries: Readonly<Record<string, Entry>>) => {
    for (const [name, entry] of Object.entries(entries)) {
      const at = posix.join(folder, name)
      if (entry.files) walk(at, entry.files)
      else
        files.set(at, {
          size: entry.size ?? 0,
          unpacked: entry.unpacked === true,
          read: () =>
            entry.unpacked
              ? readFileSync(join(`${path}.unpacked`, at))
              : bytes(start + Number(entry.offset), entry.size ?? 0),
        })
    }
  }
  walk('', (JSON.parse(bytes(16, head.readUInt32LE(12)).toString()) as Required<Entry>).files)
  return { files, close: () => closeSync(file) }
}

/** What a script of ours loads: imports, workers and processes (threads/sibling.ts), and files beside it. */
const loads = [
  /(?:^|[\s;])(?:import|export)\s[^'"`;]*?from\s*['"]([^'"]+)['"]/g,
  /(?:^|[\s;])import\s*['"]([^'"]+)['"]/g,
  /import\(\s*['"]([^'"]+)['"]\s*\)/g,
  /createRequire\(import\.meta\.url\)\(\s*['"]([^'"]+)['"]/g,
  /new URL\(\s*['"](\.[^'"]+)['"]\s*,\s*import\.meta\.url/g,
]
const siblings = /sibling\(\s*import\.meta\.url\s*,\s*['"]([^'"]+)['"]/g

/** The scripts that are started by name: the window, its preload, and the processes. */
const entries = ['dist/electron/main.js', 'dist/electron/preload.cjs', 'dist/electron/hostProcess.js']
/** Packages that may be absent: without them a slide is refused with a sentence. */
const optional = new Set(['koffi'])
/** Scripts of a checkout alone, which an installed Karyon does not call. */
const ofCheckout = /^dist\/bench\//
const isNative = (path: string) => /\.(node|dll|dylib)$|\.so(\.\d+)*$/.test(path)
const ofDevelopment =
  /(^|\/)(\.tsbuildinfo|\.built|tsconfig[^/]*\.json|vitest\.config[^/]*)$|^(tests|bench|dist\/bench|renderer|electron|models|\.ci)\/|^dist\/.*\.(map|d\.ts|d\.cts)$/

/**
 * Returns what is wrong with a packed Karyon, one sentence each; empty where all is well.
 * @param folder the packed app
 * @param checkout the checkout that it was packed from
 */
export function faultsOf(folder: string, checkout = root): string[] {
  const archive = archives.map((place) => join(folder, place)).find(existsSync)
  if (!archive) return [`There is no app.asar in ${folder}.`]
  const { files, close } = readArchive(archive)
  const faults: string[] = []
  const platform = existsSync(join(folder, 'resources'))
    ? existsSync(join(folder, 'Karyon.exe'))
      ? 'win32'
      : 'linux'
    : 'darwin'
  const has = (path: string) => files.has(path)

  const checkPackage = (name: string, needer: string) => {
    if (name === 'electron' || name.startsWith('node:')) return
    if (has(`node_modules/${name}/package.json`)) return
    if (!optional.has(name)) faults.push(`${needer} needs the package ${name}, which is not inside.`)
  }
  const seen = new Set<string>()
  const follow = (path: string, needer: string): void => {
    if (seen.has(path) || ofCheckout.test(path)) return
    seen.add(path)
    const file = files.get(path)
    if (!file) return void faults.push(`${needer} loads ${path}, which is not inside.`)
    if (!/\.c?js$/.test(path)) return
    const text = file.read().toString()
    for (const pattern of loads)
      for (const [, name] of text.matchAll(pattern))
        if (name.startsWith('.')) follow(posix.join(posix.dirname(path), name), path)
        else
          checkPackage(
            name
              .split('/')
              .slice(0, name.startsWith('@') ? 2 : 1)
              .join('/'),
            path,
          )
    for (const [, name] of text.matchAll(siblings)) follow(posix.join(posix.dirname(path), `${name}.js`), path)
  }
  for (const entry of entries) follow(entry, 'Electron')
  for (const [path, file] of files) {
    const name = /^node_modules\/((?:@[^/]+\/)?[^/]+)\/package\.json$/.exec(path)?.[1]
    if (!name) continue
    const { dependencies = {}, main } = JSON.parse(file.read().toString()) as {
      dependencies?: Record<string, string>
      main?: string
    }
    for (const needed of Object.keys(dependencies))
      if (!has(`node_modules/${name}/node_modules/${needed}/package.json`)) checkPackage(needed, name)
    const start = main && posix.join(posix.dirname(path), main)
    if (start && !has(start) && !has(`${start}.js`) && !has(`${start}/index.js`))
      faults.push(`${name} lacks its own ${main}.`)
  }

  for (const part of ['dist/renderer', 'resources'])
    for (const entry of readdirSync(join(checkout, part), { withFileTypes: true, recursive: true })) {
      const path = join(entry.parentPath, entry.name)
        .slice(checkout.length + 1)
        .replaceAll('\\', '/')
      if (entry.isFile() && !ofDevelopment.test(path) && !has(path)) faults.push(`${path} is not inside.`)
    }

  const natives = [...files].filter(([path]) => isNative(path))
  for (const [path, { unpacked }] of natives)
    if (!unpacked) faults.push(`${path} is a native library within the archive, where the system cannot open it.`)
    else if (!existsSync(join(`${archive}.unpacked`, path))) faults.push(`${path} is not beside the archive.`)
  for (const [what, pattern] of [
    ['onnxruntime', /onnxruntime-node\/bin\/.*\.node$/],
    ['sharp', /@img\/sharp-[^/]+\/.*\.node$/],
    ['libvips', /@img\/sharp-libvips-[^/]+\/.*(so|dylib)|@img\/sharp-win32-[^/]+\/.*\.dll$/],
  ] as const)
    if (!natives.some(([path]) => pattern.test(path))) faults.push(`The native library of ${what} is not inside.`)
  for (const path of files.keys()) if (ofDevelopment.test(path)) faults.push(`${path} belongs to development.`)

  const size = [...files.values()].reduce((sum, file) => sum + file.size, 0) / 1e6
  if (size > budgets[platform])
    faults.push(`It adds ${size.toFixed(0)} MB to Electron; ${budgets[platform]} MB are allowed on ${platform}.`)
  close()
  return faults
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = resolve(process.argv[2] ?? 'release/linux-unpacked')
  const faults = faultsOf(folder)
  for (const fault of faults) process.stderr.write(`${fault}\n`)
  const archive = archives.map((place) => join(folder, place)).find(existsSync)
  const size = archive ? `${(statSync(archive).size / 1e6).toFixed(0)} MB of archive` : 'no archive'
  process.stdout.write(
    faults.length === 0 ? `${folder} is complete (${size}).\n` : `${faults.length} faults in ${folder}.\n`,
  )
  process.exitCode = faults.length === 0 ? 0 : 1
}
