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

/** Milliseconds that a client has to send its headers. A page on this machine needs only a few. */
const headerTimeout = 10_000

/**
 * Serves a fetch handler on 127.0.0.1 only. `createHandler` gets the port once it is known. Port 0 means any free port.
 * Throws FailureError 'busy' if the port is taken.
 */
export async function listen(port: number, createHandler: (port: number) => FetchHandler): Promise<Listening> {
  let handler: FetchHandler = async () => new Response(null, { status: 503 })
  const server = createServer({ headersTimeout: headerTimeout }, (incoming, outgoing) => {
    answer(handler, incoming, outgoing).catch(() => outgoing.destroy())
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

async function answer(handler: FetchHandler, incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
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
  // pipeline() waits for a slow client, and closes the source when the client disconnects.
  await pipeline(Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]), outgoing)
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
