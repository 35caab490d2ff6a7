import { bench } from './bench.ts'
import { classify } from './classify.ts'
import { detect } from './detect.ts'
import { finetune } from './finetune.ts'
import type { Handlers } from './handler.ts'
import { hello } from './hello.ts'

/** Every engine call and who does it. */
export const handlers: Handlers = { hello, detect, classify, finetune, bench }
