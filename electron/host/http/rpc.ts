import { ORPCError, ValidationError } from '@orpc/server'
import { RPCHandler } from '@orpc/server/fetch'
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

/**
 * Answers requests under /rpc, or under the /rpc of one opening of a project. Returns undefined if no route matches.
 */
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
  /** True if the request was meant for the project that is open now. */
  readonly isMeant: boolean
}

function handlerOf({ workbench, context }: OpenProject, projects: Projects) {
  const { signal } = context.closing
  return new RPCHandler<Context>(createRouter({ workbench, context, projects }), {
    // A client interceptor runs before oRPC checks errors against the contract, so its errors arrive as typed FAILUREs.
    clientInterceptors: [
      async ({ next, context, path }) => {
        try {
          if (!context.isMeant) throw elsewhere(workbench)
          return await next()
        } catch (error) {
          throw asFailure(error, workbench, signal.aborted, path)
        }
      },
    ],
  })
}

function asFailure(error: unknown, workbench: Workbench, isClosing: boolean, path: readonly string[]): unknown {
  if (error instanceof FailureError) return typed(error.failure)
  if (error instanceof ORPCError && error.code === 'BAD_REQUEST' && error.cause instanceof ValidationError)
    return typed({ kind: 'invalid-input', message: invalid(error.cause) })
  // The project was closed during the request, so its slides and engine were gone.
  if (!(error instanceof ORPCError) && isClosing) return typed(elsewhere(workbench).failure)
  // A bug: its text may contain a path or a name, so the page is not told.
  if (!(error instanceof ORPCError)) console.error(error)
  else if (error.code === 'INTERNAL_SERVER_ERROR') console.error(refused(error, path))
  return error
}

/**
 * An answer that its own contract refuses is a bug too. Which value of it was refused is in the cause, and of that only
 * place and reason are told, because the answer holds names of slides and readers.
 */
const refused = (error: ORPCError<string, unknown>, path: readonly string[]): string => {
  const why = error.cause instanceof ValidationError ? inEnglish(invalid(error.cause)) : ''
  return `${path.join('.')}: ${error.stack ?? error.message} ${why}`
}

const typed = (failure: Failure) =>
  new ORPCError('FAILURE', { status: 422, message: inEnglish(failure.message), data: failure, defined: true })

const invalid = ({ issues }: ValidationError): Message =>
  message('invalidRequest', { issues: issues.map(issueMessage) })
