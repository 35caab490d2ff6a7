import { FailureError } from '../contract/index.ts'
import type { Workbench } from './workbench.ts'

/** The answer to what was meant for a project that is no longer the open one. */
export const elsewhere = (open: Workbench): FailureError =>
  new FailureError(
    'closed',
    `This was meant for another project than ${open.name}, which is open now. Open that project again.`,
  )
