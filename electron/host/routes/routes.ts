import type { InferContractRouterInputs, InferContractRouterOutputs } from '@orpc/contract'
import type { api } from '../../contract/index.ts'
import type { OpenProject, Projects } from '../project/projects.ts'

type Contract = typeof api
type Inputs = InferContractRouterInputs<Contract>
type Outputs = InferContractRouterOutputs<Contract>

/** Groups of routes of the contract. `state` and `events` are routes of their own. */
export type Subject = Exclude<keyof Contract, 'state' | 'events'>

/** A route of which the contract expects an empty object returns nothing: the router puts the object there. */
type Answer<Output> = Output extends Record<string, never> ? void : Output

/** What routes work with. */
export interface Served extends OpenProject {
  readonly projects: Projects
}

/**
 * The routes of one subject: a function for each route that the contract states, from its checked input to its output. One
 * that is missing, or of another type, does not compile. Failures are FailureError; rpc.ts makes them FAILURE.
 */
export type Routes<S extends Subject> = (served: Served) => {
  readonly [R in keyof Contract[S]]: (
    input: Inputs[S][R & keyof Inputs[S]],
  ) => Answer<Outputs[S][R & keyof Outputs[S]]> | Promise<Answer<Outputs[S][R & keyof Outputs[S]]>>
}
