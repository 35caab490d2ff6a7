import { createORPCClient, ORPCError } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { ContractRouterClient } from '@orpc/contract'
import type { api, Failure } from '../../electron/contract/index.ts'
import { FailureError } from '../../electron/contract/messages/failure.ts'
import { inProject } from '../../electron/contract/api/binaryRoutes.ts'

/**
 * Largest request body, in bytes, to send with `keepalive`, so that it completes even if the tab is closed. The browser
 * allows 64 kB for all such requests together.
 */
const outlivesTab = 30_000

/** Routes of the host itself, whatever project is open. All others go to the project that this page shows. */
const ofHost = new Set(['state', 'events', 'projects'])
let shown: number | null = null

/** Sets which opening of a project this page shows. */
export function showOpening(opening: number): void {
  shown = opening
}

/** Returns the address of a binary route of the project that this page shows. */
export const address = (route: string): string => inProject(shown ?? 0, route)

const link = new RPCLink({
  url: (_options, path) =>
    location.origin + (shown === null || ofHost.has(path[0]) ? '/rpc' : inProject(shown, '/rpc')),
  fetch: (request, init, _options, path, input) => {
    const isLabel = path[0] === 'labels' && JSON.stringify(input).length < outlivesTab
    return fetch(request, { ...init, keepalive: isLabel })
  },
})

/** The host, typed by the contract. Expected failures reject; `failureOf` reads them. */
export const host: ContractRouterClient<typeof api> = createORPCClient(link)

/** Returns the expected failure that `error` carries, or undefined if it is a bug or a lost connection. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof FailureError) return error.failure
  return error instanceof ORPCError && error.code === 'FAILURE' ? (error.data as Failure) : undefined
}

/**
 * Fetches the bytes of a binary route. Rejects as fetch() does if the host cannot be reached.
 * @throws FailureError if the host refuses for an expected reason
 */
export const fetchBytes = (route: string, signal?: AbortSignal): Promise<Uint8Array> =>
  fetchAddress(address(route), signal)

/** As fetchBytes, for a whole address. */
export async function fetchAddress(url: string, signal?: AbortSignal): Promise<Uint8Array> {
  const response = await fetch(url, { signal, credentials: 'same-origin' })
  if (response.ok) return new Uint8Array(await response.arrayBuffer())
  if (response.headers.get('content-type')?.startsWith('application/json'))
    throw FailureError.of((await response.json()) as Failure)
  throw new Error(`The host answered ${response.status} for ${url.split('?')[0]}.`)
}
