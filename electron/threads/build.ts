import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Karyon's version and, where it was compiled, a hash of what was compiled (bin/build.js), as the files were when this process
 * started. Two processes that talk to each other compare it: an update may replace the files between their starts.
 */
export const build: string = readBuild()

function readBuild(): string {
  let root = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(root, 'package.json')) && dirname(root) !== root) root = dirname(root)
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }
  if (import.meta.url.endsWith('.ts')) return `${version} from source`
  const stamp = join(root, 'dist', 'build.txt')
  return existsSync(stamp) ? `${version} ${readFileSync(stamp, 'utf8').trim()}` : version
}
