import { attention } from './verbs/attention.ts'
import { batch } from './verbs/batch.ts'
import { classify } from './verbs/classify.ts'
import { demo } from './verbs/demo.ts'
import { detect } from './verbs/detect.ts'
import { detector } from './verbs/detector.ts'
import { embed } from './verbs/embed.ts'
import { enqueue } from './verbs/enqueue.ts'
import { exportNuclei } from './verbs/export.ts'
import { importNuclei } from './verbs/import.ts'
import { queue } from './verbs/queue.ts'
import { region } from './verbs/region.ts'
import { evaluate } from './verbs/evaluate.ts'
import { evidence } from './verbs/evidence.ts'
import { finetune } from './verbs/finetune.ts'
import { info } from './verbs/info.ts'
import { measuring } from './verbs/measuring.ts'
import { models } from './verbs/models.ts'
import { pretrain } from './verbs/pretrain.ts'
import { probe } from './verbs/probe.ts'
import { project } from './verbs/project.ts'
import { serve } from './verbs/serve.ts'
import { tokenizer } from './verbs/tokenizer.ts'
import { work } from './verbs/work.ts'
import type { Verb } from './verb.ts'

/** All verbs of `karyon`, in the order of its help. */
export const verbs: readonly Verb[] = [
  info,
  detect,
  classify,
  batch,
  enqueue,
  work,
  queue,
  finetune,
  pretrain,
  evaluate,
  probe,
  embed,
  attention,
  models,
  demo,
  project,
  importNuclei,
  exportNuclei,
  region,
  evidence,
  serve,
  tokenizer,
  detector,
  measuring,
]
