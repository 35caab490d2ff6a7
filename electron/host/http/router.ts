import { implement, type AnyRouter } from '@orpc/server'
import { api } from '../../contract/index.ts'
import { routes } from '../routes/index.ts'
import type { Served } from '../routes/routes.ts'

type Handle = (input: unknown) => unknown
interface Procedure {
  handler(answer: (options: { input: unknown }) => unknown): AnyRouter
}

/** Connects the contract's routes to the host's functions (routes/index.ts), whose types are checked over there. */
export function createRouter(served: Served): AnyRouter {
  const { state, events, ...subjects } = implement(api)
  const router = Object.entries(routes).map(([subject, make]) => {
    const procedures = subjects[subject as keyof typeof routes] as unknown as Record<string, Procedure>
    const answers = Object.entries(make(served) as Record<string, Handle>).map(([name, answer]) => [
      name,
      procedures[name].handler(async ({ input }) => (await answer(input)) ?? {}),
    ])
    return [subject, Object.fromEntries(answers)] as const
  })
  return {
    state: state.handler(() => served.workbench.state()),
    events: events.handler(({ signal }) => served.workbench.events(signal)),
    ...(Object.fromEntries(router) as Record<string, AnyRouter>),
  }
}
