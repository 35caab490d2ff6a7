import type { InferContractRouterInputs, InferContractRouterOutputs } from '@orpc/contract'
import type { api } from '../../contract/index.ts'
import type { OpenProject, Projects } from '../project/projects.ts'

type Contract = typeof api
type Inputs = InferContractRouterInputs<Contract>
type Outputs = InferContractRouterOutputs<Contract>

/** The contract's groups of routes. `state` and `events` are single routes outside any group. */
export type Subject = Exclude<keyof Contract, 'state' | 'events'>

/** If the contract expects an empty object, the route returns nothing and the router adds the object. */
type Answer<Output> = Output extends Record<string, never> ? void : Output

/** What the routes work with. */
export interface Served extends OpenProject {
  readonly projects: Projects
}

/**
 * The routes of one subject: for each route of the contract, a function from its validated input to its output. A
 * missing route, or one of the wrong type, does not compile. Routes throw FailureError; rpc.ts turns it into FAILURE.
 */
export type Routes<S extends Subject> = (served: Served) => {
  readonly [R in keyof Contract[S]]: (
    input: Inputs[S][R & keyof Inputs[S]],
  ) => Answer<Outputs[S][R & keyof Outputs[S]]> | Promise<Answer<Outputs[S][R & keyof Outputs[S]]>>
}
