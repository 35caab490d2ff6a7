import { createORPCClient, ORPCError } from '@orpc/client'
import { RPCLink } from '@orpc/client/fetch'
import type { ContractRouterClient } from '@orpc/contract'
import { isContractProcedure, type AnyContractProcedure } from '@orpc/contract'
import fc from 'fast-check'
import { request } from 'node:http'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import type { z } from 'zod'
import { api, binaryRoutes, inProject } from '../../../electron/contract/index.ts'
import { isLong } from '../../support/long.ts'
import { nearSchema } from '../../support/nearSchema.ts'
import { temporaryHost } from '../temporaryWorkbench.ts'

const routes = (function of(contract: object, prefix = ''): [string, AnyContractProcedure][] {
  return Object.entries(contract).flatMap(([name, part]): [string, AnyContractProcedure][] =>
    isContractProcedure(part) ? [[prefix + name, part]] : of(part as object, `${prefix}${name}.`),
  )
})(api)

// One host for all: what one bad request leaves behind would show in the next.
const { host, base, cookie } = await temporaryHost(afterAll)
const client = createORPCClient<ContractRouterClient<typeof api>>(
  new RPCLink({ url: `${base}/rpc`, headers: { cookie } }),
)
/** What the host says of bugs. */
const bugs = vi.spyOn(console, 'error').mockImplementation(() => undefined)
afterAll(() => bugs.mockRestore())
afterEach(async () => {
  expect(bugs.mock.calls).toEqual([])
  expect({}, 'no prototype was changed').not.toHaveProperty('polluted')
  expect((await client.state()).version, 'the host goes on').toBe('0.0.0')
})

const address = (route: string) => `/rpc/${route.replaceAll('.', '/')}`
const runs = { numRuns: isLong ? 400 : 25, ...(isLong ? {} : { seed: 7 }) }

test.each(routes)(
  '%s answers whatever it is sent with a result or a typed failure',
  { timeout: 120_000 },
  async (name, route) => {
    const call = name.split('.').reduce<unknown>((part, key) => (part as Record<string, unknown>)[key], client) as (
      input: unknown,
      options: { signal: AbortSignal },
    ) => Promise<unknown>
    const schema = route['~orpc'].inputSchema as z.ZodType | undefined
    await fc.assert(
      fc.asyncProperty(schema ? nearSchema(schema) : fc.jsonValue(), async (input) => {
        const gone = new AbortController()
        const answer = await call(input, { signal: gone.signal }).catch((error: unknown) => {
          expect(error).toBeInstanceOf(ORPCError)
          expect((error as ORPCError<string, unknown>).status).toBe(422)
          return undefined
        })
        if (typeof answer === 'object' && answer && 'return' in answer)
          await (answer as AsyncGenerator).return(undefined)
        gone.abort()
      }),
      runs,
    )
  },
)

test.each(routes.map(([name]) => name))(
  '%s answers nobody without the cookie, another page or another Host',
  async (name) => {
    const status = async (headers: Record<string, string>) =>
      (await fetch(base + address(name), { method: 'POST', body: '{"json":{}}', headers })).status
    expect(await status({})).toBe(401)
    expect(await status({ cookie: `${cookie}x` })).toBe(401)
    expect(await status({ cookie: `karyon-${host.port}=` })).toBe(401)
    expect(await status({ cookie, origin: 'https://evil.example' })).toBe(403)
    expect(await status({ cookie, origin: 'null' })).toBe(403)
    expect(await status({ cookie, 'sec-fetch-site': 'cross-site' })).toBe(403)
    expect(await raw('POST', address(name), { cookie, host: 'evil.example' })).toBe(403)
  },
)

test('bodies that are no request of oRPC are refused and change nothing', async () => {
  const before = host.workbench.state().steps
  const bodies = [
    '',
    '{',
    'null',
    '[]',
    '"text"',
    '{"json":{},"meta":[[0,"__proto__","polluted"]]}',
    '{"json":{"__proto__":{"polluted":1}},"meta":[]}',
    '{"json":{"slideId":1},"meta":[[1,"a","b","c"]]}',
    '{"json":{"slideId":1},"meta":"x"}',
    `{"json":${'['.repeat(50_000)}${']'.repeat(50_000)}}`,
    '\u0000\u0001',
  ]
  for (const body of bodies)
    for (const type of [
      'application/json',
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/octet-stream',
      'x',
    ])
      for (const route of ['/rpc/review/coverage', '/rpc/labels/set']) {
        const headers = { cookie, 'content-type': type }
        const { status } = await fetch(base + route, { method: 'POST', body, headers })
        expect([body.slice(0, 60), type, status]).toEqual([
          body.slice(0, 60),
          type,
          expect.toSatisfy((answered: number) => answered < 500),
        ])
      }
  expect(host.workbench.state().steps).toEqual(before)
})

const part = fc.oneof(
  fc.constantFrom(
    '0',
    '1',
    '-1',
    '99',
    '1.5',
    '1e999',
    'NaN',
    '4294967296',
    '9'.repeat(400),
    '../..',
    '%2e%2e',
    '%00',
    '%E0%A4%A',
  ),
  fc.constantFrom('constructor', '__proto__', "'", '1_1', '0_0,1_1', 'x'.repeat(5_000), '%ff', '..%5c', ''),
  fc.integer().map(String),
)
const shapes = Object.values(binaryRoutes).map((make) => {
  const numbers = [1, 2, 3, 4] as never[]
  return make === (binaryRoutes.pictures as unknown)
    ? binaryRoutes.pictures(1, [[1, 1]], 20, 16)
    : (make as (...n: never[]) => string)(...numbers)
})

test.each(shapes)(
  '%s with other parts is answered or refused, never with a bug',
  { timeout: 120_000 },
  async (shape) => {
    const numbers = [...shape.matchAll(/\d+(_\d+)?|(?<=export\/|models\/)\w+/g)]
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: numbers.length, maxLength: numbers.length }), async (parts) => {
        let k = 0
        const path = shape.replaceAll(/\d+(_\d+)?|(?<=export\/|models\/)\w+/g, (was) =>
          parts[k++] === '' ? was : parts[k - 1],
        )
        const status = await raw('GET', inProject(host.workbench.opening, path), { cookie })
        expect([path, status < 500]).toEqual([path, true])
      }),
      runs,
    )
  },
)

/** Sends a request whose path and headers reach the host unchanged. Resolves with the status. */
function raw(method: string, path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request({ port: host.port, host: '127.0.0.1', method, path, headers }, (answer) => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode ?? 0))
      answer.on('error', reject)
    })
    sent.on('error', reject).end()
  })
}
