import { FailureError, message } from '../../contract/index.ts'

/** What becomes of a request whose signal aborted. */
export const cancelled = (): FailureError => new FailureError('cancelled', message('readingCancelled'))
