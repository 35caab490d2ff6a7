import { readFile, realpath } from 'node:fs/promises'
import { extname, join, resolve, sep } from 'node:path'
import { plain, uncached } from './headers.ts'

const mimeTypes: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
}

/**
 * Serves the built page: the files under `root`, with index.html for "/". Nothing outside `root`, also not through a
 * link, and no hidden files.
 */
export async function staticFile(root: string, pathname: string): Promise<Response> {
  let name: string
  try {
    name = decodeURIComponent(pathname === '/' ? '/index.html' : pathname)
  } catch {
    return plain(400, 'Bad path.')
  }
  const folder = resolve(root)
  const path = resolve(join(folder, name))
  const type = mimeTypes[extname(path)]
  const isHidden = name.split(/[/\\]/).some((part) => part.startsWith('.'))
  if (!path.startsWith(folder + sep) || name.includes('\0') || isHidden || !type) return plain(404, 'Not found.')
  try {
    const real = await realpath(path)
    if (!real.startsWith((await realpath(folder)) + sep)) return plain(404, 'Not found.')
    const bytes = new Uint8Array(await readFile(real))
    // Vite puts a hash of the content into the names under assets/.
    const isHashed = pathname.startsWith('/assets/')
    const caching = isHashed ? { 'cache-control': 'private, max-age=31536000, immutable' } : uncached
    return new Response(bytes, { headers: { 'content-type': type, ...caching } })
  } catch {
    if (pathname === '/') return plain(503, 'The page is not built. Run "npm run build" and start again.')
    return plain(404, 'Not found.')
  }
}
