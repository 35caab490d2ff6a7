import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { FailureError, message } from '../../contract/index.ts'

export type FetchHandler = (request: Request) => Promise<Response>

export interface Listening {
  readonly port: number
  close(): Promise<void>
}

/** How long a client may take, ms. A page on this machine needs only a few. */
export interface Patience {
  /** For the headers of a request. */
  readonly headers: number
  /** For the whole request. */
  readonly request: number
  /** Without taking any of an answer that waits for it. */
  readonly stalled: number
}
const usual: Patience = { headers: 10_000, request: 60_000, stalled: 60_000 }

/**
 * Serves a fetch handler on 127.0.0.1 only. `createHandler` gets the port once it is known. Port 0 means any free port.
 * Throws FailureError 'busy' if the port is taken.
 */
export async function listen(
  port: number,
  createHandler: (port: number) => FetchHandler,
  patience = usual,
): Promise<Listening> {
  let handler: FetchHandler = async () => new Response(null, { status: 503 })
  const options = {
    headersTimeout: patience.headers,
    requestTimeout: patience.request,
    connectionsCheckingInterval: Math.min(5_000, patience.headers / 2),
  }
  const server = createServer(options, (incoming, outgoing) => {
    answer(handler, incoming, outgoing, patience).catch(() => outgoing.destroy())
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE' || error.code === 'EACCES'
          ? new FailureError('busy', message('portTaken', { port }))
          : error,
      ),
    )
    server.listen(port, '127.0.0.1', resolve)
  })
  const actual = (server.address() as AddressInfo).port
  handler = createHandler(actual)
  return {
    port: actual,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(
  handler: FetchHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  patience: Patience,
): Promise<void> {
  // When the client disconnects, its work stops: tiles of a view that has moved on, event streams of a closed tab.
  const gone = new AbortController()
  outgoing.once('close', () => gone.abort())
  let request: Request
  try {
    request = toRequest(incoming, gone.signal)
  } catch {
    outgoing.writeHead(400).end()
    return
  }
  const response = await handler(request)
  if (gone.signal.aborted) {
    await response.body?.cancel()
    return
  }
  const headers: Record<string, string | string[]> = Object.fromEntries(response.headers)
  const cookies = response.headers.getSetCookie()
  if (cookies.length > 0) headers['set-cookie'] = cookies
  outgoing.writeHead(response.status, headers)
  if (!response.body) {
    outgoing.end()
    return
  }
  outgoing.flushHeaders()
  dropStalled(outgoing, patience.stalled)
  // pipeline() waits for a slow client, and closes the source when the client disconnects.
  await pipeline(Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]), outgoing)
}

/** Ends an answer of which the client takes nothing for `ms`, because its content waits in memory and holds the slide. */
function dropStalled(outgoing: ServerResponse, ms: number): void {
  let waiting = 0
  const watch = setInterval(() => {
    if (outgoing.writableLength > 0 && outgoing.writableLength === waiting) outgoing.destroy()
    waiting = outgoing.writableLength
  }, ms).unref()
  outgoing.once('close', () => clearInterval(watch))
}

function toRequest(incoming: IncomingMessage, signal: AbortSignal): Request {
  // Join the URL as text: if it were resolved as a relative reference, "//name" would mean another host.
  const url = new URL(`http://127.0.0.1${incoming.url ?? '/'}`)
  const headers = new Headers()
  for (let i = 0; i < incoming.rawHeaders.length; i += 2)
    headers.append(incoming.rawHeaders[i], incoming.rawHeaders[i + 1])
  const hasBody = incoming.method !== 'GET' && incoming.method !== 'HEAD'
  return new Request(url, {
    method: incoming.method,
    headers,
    signal,
    ...(hasBody && { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' }),
  })
}
