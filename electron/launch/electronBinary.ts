import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Longest wait for the one-time download of Electron, ms. */
const downloadTime = 180_000

/** Returns the path of Electron's binary, or why there is none. Downloads it once, if the network allows. */
export function electronBinary(environment: NodeJS.ProcessEnv = process.env): { path: string } | { missing: string } {
  const display = environment.DISPLAY || environment.WAYLAND_DISPLAY
  if (process.platform === 'linux' && !display) return { missing: 'there is no display' }
  let folder: string
  try {
    folder = dirname(createRequire(import.meta.url).resolve('electron/package.json'))
  } catch {
    return { missing: 'Electron is not installed' }
  }
  const found = installed(folder, environment)
  if (found) return { path: found }
  spawnSync(process.execPath, [join(folder, 'install.js')], { stdio: 'ignore', timeout: downloadTime })
  const fetched = installed(folder, environment)
  return fetched ? { path: fetched } : { missing: "Electron's program could not be downloaded" }
}

function installed(folder: string, { ELECTRON_OVERRIDE_DIST_PATH: dist }: NodeJS.ProcessEnv): string | undefined {
  const note = join(folder, 'path.txt')
  const name = existsSync(note) ? readFileSync(note, 'utf8') : undefined
  const path = dist ? join(dist, name ?? 'electron') : name && join(folder, 'dist', name)
  return path && existsSync(path) ? path : undefined
}
