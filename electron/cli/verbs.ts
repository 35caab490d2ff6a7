import { finetune } from './finetune.ts'
import { info } from './info.ts'
import type { Verb } from './verb.ts'

/** Every verb of `karyon`, in the order its help lists them. */
export const verbs: readonly Verb[] = [info, finetune]
