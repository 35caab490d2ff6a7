import { FailureError, message } from '../../contract/index.ts'
import type { Workbench } from './workbench.ts'

/** Returns the failure for a request that was meant for a project that is no longer open. */
export const elsewhere = (open: Workbench): FailureError =>
  new FailureError('closed', message('elsewhere', { open: open.name }))
