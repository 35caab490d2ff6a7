import { FailureError, message } from '../../contract/index.ts'

/** The failure of a request whose signal aborted. */
export const cancelled = (): FailureError => new FailureError('cancelled', message('readingCancelled'))
