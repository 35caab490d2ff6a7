import { FailureError, message } from '../../contract/index.ts'
import type { Workbench } from './workbench.ts'

/** The answer to what was meant for a project that is no longer the open one. */
export const elsewhere = (open: Workbench): FailureError =>
  new FailureError('closed', message('elsewhere', { open: open.name }))
