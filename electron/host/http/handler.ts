import { binaryResponse } from './binaryRoutes.ts'
import { withinLimit } from './bodyLimit.ts'
import type { Guard } from './guard.ts'
import { plain, securityHeaders } from './headers.ts'
import { createRpc } from './rpc.ts'
import { staticFile } from './staticFiles.ts'
import type { Projects } from '../project/projects.ts'

export interface HandlerOptions {
  readonly projects: Projects
  readonly guard: Guard
  /** Folder of the built page. */
  readonly page: string
}

/**
 * Makes the whole host one function: the guard first, then the link, the RPC routes, the binary routes and the page.
 */
export function createHandler({ projects, guard, page }: HandlerOptions): (request: Request) => Promise<Response> {
  const rpc = createRpc(projects)

  const answer = async (request: Request): Promise<Response> => {
    const refusal = guard.refusal(request)
    if (refusal) return plain(refusal.status, refusal.reason)
    const url = new URL(request.url)
    if (url.pathname === '/open' && request.method === 'GET') return redeem(guard, request, url)
    if (!guard.isKnown(request))
      return plain(
        401,
        'Open Karyon by the link that it printed when it started. Each link opens once; press Enter there for a new one.',
      )
    const { opening, path } = projectOf(url.pathname)
    if (path.startsWith('/rpc/'))
      return withinLimit(
        request,
        async (limited) => (await rpc(limited, opening)) ?? plain(404, 'There is no such route.'),
      )
    const binary = opening === undefined ? undefined : await binaryResponse(projects.served, request, opening, path)
    if (binary) return binary
    return request.method === 'GET' ? staticFile(page, url.pathname) : plain(405, 'Only GET here.')
  }

  return async (request) => {
    const response = await answer(request).catch((error: unknown) => {
      console.error(error)
      return plain(
        500,
        'Karyon hit a bug while answering; labels are safe. Details are in the log (host.log) and in the terminal.',
      )
    })
    const headers = new Headers(response.headers)
    for (const [name, value] of Object.entries(securityHeaders)) headers.set(name, value)
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
    return new Response(response.body, { status: response.status, headers })
  }
}

/** Splits an address into the opening of a project that it names (see inProject), if any, and the path within it. */
function projectOf(pathname: string): { opening: number | undefined; path: string } {
  const [, opening, path] = /^\/projects\/(\d+)(\/.*)$/.exec(pathname) ?? []
  return opening === undefined ? { opening: undefined, path: pathname } : { opening: Number(opening), path }
}

function redeem(guard: Guard, request: Request, url: URL): Response {
  const cookie = guard.redeem(url.searchParams.get('token') ?? '')
  // A used link does no harm in a browser that already has a session (a reload, a bookmark).
  if (!cookie && !guard.isKnown(request))
    return plain(
      403,
      'This link was used already or is not valid. Press Enter in the terminal where Karyon runs for a new one.',
    )
  return new Response(null, { status: 303, headers: { location: '/', ...(cookie && { 'set-cookie': cookie }) } })
}
