import type { Verb } from '../electron/cli/verb.ts'
import { bench } from './verb.ts'
import { loop } from './loop.ts'

/** The verbs that a checkout adds to `karyon`. */
export const verbs: readonly Verb[] = [bench, loop]
