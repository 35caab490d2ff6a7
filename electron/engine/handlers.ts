import type { Handlers } from './handler.ts'
import { detect } from './detect.ts'

/** Every engine call and who does it. */
export const handlers: Pick<Handlers, 'detect'> = { detect }
