import { binaryResponse } from './binary.ts'
import type { Guard } from './guard.ts'
import { plain, securityHeaders } from './headers.ts'
import { createRpc } from './rpc.ts'
import { staticFile } from './staticFiles.ts'
import type { Workbench } from './workbench.ts'

export interface HandlerOptions {
  readonly workbench: Workbench
  readonly guard: Guard
  /** Folder of the built page. */
  readonly page: string
}

/** The whole host as one function: guard first, then the link, control, columns and pixels, and the page. */
export function createHandler({ workbench, guard, page }: HandlerOptions): (request: Request) => Promise<Response> {
  const rpc = createRpc(workbench)

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
    if (url.pathname.startsWith('/rpc/')) return (await rpc(request)) ?? plain(404, 'There is no such route.')
    const binary = await binaryResponse(workbench, request)
    if (binary) return binary
    return request.method === 'GET' ? staticFile(page, url.pathname) : plain(405, 'Only GET here.')
  }

  return async (request) => {
    const response = await answer(request).catch((error: unknown) => {
      console.error(error)
      return plain(500, 'Karyon hit a bug while answering; labels are safe. Details are in the terminal.')
    })
    const headers = new Headers(response.headers)
    for (const [name, value] of Object.entries(securityHeaders)) headers.set(name, value)
    if (!headers.has('cache-control')) headers.set('cache-control', 'no-store')
    return new Response(response.body, { status: response.status, headers })
  }
}

function redeem(guard: Guard, request: Request, url: URL): Response {
  const cookie = guard.redeem(url.searchParams.get('token') ?? '')
  // A used link in a browser that is in already (a reload, a bookmark) does no harm.
  if (!cookie && !guard.isKnown(request))
    return plain(
      403,
      'This link was used already or is not valid. Press Enter in the terminal where Karyon runs for a new one.',
    )
  return new Response(null, { status: 303, headers: { location: '/', ...(cookie && { 'set-cookie': cookie }) } })
}
