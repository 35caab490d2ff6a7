import { FailureError } from '../../contract/index.ts'

/** What becomes of a request whose signal aborted. */
export const cancelled = (): FailureError =>
  new FailureError('cancelled', 'This part of the slide was no longer wanted.')
