import { ORPCError, ValidationError } from '@orpc/server'
import { BodyLimitPlugin, RPCHandler } from '@orpc/server/fetch'
import {
  FailureError,
  inProject,
  type Failure,
  inEnglish,
  issueMessage,
  type Message,
  message,
} from '../../contract/index.ts'
import { elsewhere } from '../project/elsewhere.ts'
import type { OpenProject, Projects } from '../project/projects.ts'
import { createRouter } from './router.ts'
import type { Workbench } from '../project/workbench.ts'

/** A million nucleus ids as JSON are about 8 MB. */
const largestRequest = 64 * 1024 * 1024

/** Answers requests under /rpc, or under that of one opening of a project; undefined where no route matches. */
export function createRpc(
  projects: Projects,
): (request: Request, opening: number | undefined) => Promise<Response | undefined> {
  const handlers = new WeakMap<OpenProject, ReturnType<typeof handlerOf>>()
  return async (request, opening) => {
    const { served } = projects
    const handler = handlers.get(served) ?? handlerOf(served, projects)
    handlers.set(served, handler)
    const prefix = opening === undefined ? '/rpc' : (inProject(opening, '/rpc') as '/rpc')
    const context = { isMeant: opening === undefined || opening === served.workbench.opening }
    return (await handler.handle(request, { prefix, context })).response
  }
}

interface Context {
  /** Whether the open project is the one that was asked. */
  readonly isMeant: boolean
}

function handlerOf({ workbench, context }: OpenProject, projects: Projects) {
  const { signal } = context.closing
  return new RPCHandler<Context>(createRouter({ workbench, context, projects }), {
    plugins: [new BodyLimitPlugin({ maxBodySize: largestRequest })],
    // A client interceptor runs before oRPC checks errors against the contract, so what it throws is a typed FAILURE.
    clientInterceptors: [
      async ({ next, context }) => {
        try {
          if (!context.isMeant) throw elsewhere(workbench)
          return await next()
        } catch (error) {
          throw asFailure(error, workbench, signal.aborted)
        }
      },
    ],
  })
}

function asFailure(error: unknown, workbench: Workbench, isClosing: boolean): unknown {
  if (error instanceof FailureError) return typed(error.failure)
  if (error instanceof ORPCError && error.code === 'BAD_REQUEST' && error.cause instanceof ValidationError)
    return typed({ kind: 'invalid-input', message: invalid(error.cause) })
  // Slides and engine that went away beneath a request: the project was closed.
  if (!(error instanceof ORPCError) && isClosing) return typed(elsewhere(workbench).failure)
  // A bug: its text may hold a path or a name, so it stays in the terminal.
  if (!(error instanceof ORPCError)) console.error(error)
  return error
}

const typed = (failure: Failure) =>
  new ORPCError('FAILURE', { status: 422, message: inEnglish(failure.message), data: failure, defined: true })

const invalid = ({ issues }: ValidationError): Message =>
  message('invalidRequest', { issues: issues.map(issueMessage) })
