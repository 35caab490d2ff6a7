import { FailureError } from '../../contract/index.ts'

/** The failure of a request whose signal aborted. */
export const cancelled = (): FailureError =>
  new FailureError('cancelled', 'This part of the slide was no longer wanted.')
