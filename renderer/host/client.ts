import { createORPCClient, ORPCError } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { ContractRouterClient } from '@orpc/contract'
import type { api, Failure } from '../../electron/contract/index.ts'
import { inProject } from '../../electron/contract/api/binaryRoutes.ts'

/** Bytes of a body that the browser sends to its end though the tab is closed: it allows 64 kB for all together. */
const outlivesTab = 30_000

/** What is asked of the host, whatever project is open; all else is for the project that this page shows. */
const ofHost = new Set(['state', 'events', 'projects'])
let shown: number | null = null

/** Names the opening of a project that this page shows. */
export function showOpening(opening: number): void {
  shown = opening
}

/** Address of a binary route of the project that this page shows. */
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

/** The expected failure that `error` carries, or undefined where it is a bug or a lost connection. */
export function failureOf(error: unknown): Failure | undefined {
  return error instanceof ORPCError && error.code === 'FAILURE' ? (error.data as Failure) : undefined
}

/** The bytes of a binary route. Throws Error with a sentence where the host refuses or is gone. */
export async function fetchBytes(route: string, signal?: AbortSignal): Promise<Uint8Array> {
  const response = await fetch(address(route), { signal, credentials: 'same-origin' })
  if (!response.ok) throw new Error(`The host answered ${response.status} for ${route.split('?')[0]}.`)
  return new Uint8Array(await response.arrayBuffer())
}
