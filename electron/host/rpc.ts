import { ORPCError, ValidationError } from '@orpc/server'
import { BodyLimitPlugin, RPCHandler } from '@orpc/server/fetch'
import { z } from 'zod'
import { FailureError, type Failure } from '../contract/index.ts'
import { createRouter } from './router.ts'
import type { Workbench } from './workbench.ts'

/** A million nucleus ids as JSON are about 8 MB. */
const largestRequest = 64 * 1024 * 1024

/** Answers requests under /rpc; undefined where no route matches. */
export function createRpc(workbench: Workbench): (request: Request) => Promise<Response | undefined> {
  const handler = new RPCHandler(createRouter(workbench), {
    plugins: [new BodyLimitPlugin({ maxBodySize: largestRequest })],
    // A client interceptor runs before oRPC checks errors against the contract, so what it throws is a typed FAILURE.
    clientInterceptors: [
      async ({ next }) => {
        try {
          return await next()
        } catch (error) {
          throw asFailure(error)
        }
      },
    ],
  })
  return async (request) => (await handler.handle(request, { prefix: '/rpc', context: {} })).response
}

function asFailure(error: unknown): unknown {
  if (error instanceof FailureError) return typed(error.failure)
  if (error instanceof ORPCError && error.code === 'BAD_REQUEST' && error.cause instanceof ValidationError)
    return typed({ kind: 'invalid-input', message: invalid(error.cause) })
  // A bug: its text may hold a path or a name, so it stays in the terminal.
  if (!(error instanceof ORPCError)) console.error(error)
  return error
}

const typed = (failure: Failure) =>
  new ORPCError('FAILURE', { status: 422, message: failure.message, data: failure, defined: true })

function invalid({ issues }: ValidationError): string {
  const told = issues.map(({ path = [], message }) => {
    const keys = path.map((part) => (typeof part === 'object' ? part.key : part))
    return { path: keys, message, code: 'custom' as const, input: undefined }
  })
  return `The request does not hold what it must: ${z.prettifyError({ issues: told }).replaceAll('✖ ', '').replaceAll('\n', ' ')}.`
}
