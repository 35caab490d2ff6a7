import { attention } from './attention.ts'
import { bench } from './bench.ts'
import { classify } from './classify.ts'
import { demo } from './demo.ts'
import { detect } from './detect.ts'
import { embed } from './embed.ts'
import { evaluate } from './evaluate.ts'
import { finetune } from './finetune.ts'
import { info } from './info.ts'
import { loop } from './loop.ts'
import { models } from './models.ts'
import { pretrain } from './pretrain.ts'
import { probe } from './probe.ts'
import { project } from './project.ts'
import { serve } from './serve.ts'
import { tokenizer } from './tokenizer.ts'
import type { Verb } from './verb.ts'

/** Every verb of `karyon`, in the order its help lists them. */
export const verbs: readonly Verb[] = [
  info,
  detect,
  classify,
  finetune,
  pretrain,
  evaluate,
  probe,
  embed,
  attention,
  models,
  demo,
  loop,
  project,
  serve,
  tokenizer,
  bench,
]
