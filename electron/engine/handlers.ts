import { alike } from './calls/similar.ts'
import { attention } from './calls/attention.ts'
import { classify } from './calls/classify.ts'
import { detect } from './detect/detect.ts'
import { trainDetector } from './detectorTraining/train.ts'
import { embed } from './calls/embed.ts'
import { finetune } from './train/finetune.ts'
import type { Handlers } from './handler.ts'
import { hello } from './hello.ts'
import { pretrain } from './pretrain/pretrain.ts'
import { probe } from './calls/probe.ts'
import { learningCurve } from './calls/learningCurve.ts'
import { nearestLabelled } from './calls/nearestLabelled.ts'
import { suspects } from './calls/suspects.ts'
import { surroundings } from './calls/surroundings.ts'
import { showTokenizer } from './tokenizer/inspect.ts'
import { tryHead } from './head/tryHead.ts'
import { trainStemTokenizer } from './tokenizer/stemTraining.ts'
import { trainTokenizer } from './tokenizer/train.ts'

/** The handler of every engine call. */
export const handlers: Handlers = {
  hello,
  detect,
  classify,
  finetune,
  tryHead,
  pretrain,
  probe,
  embed,
  alike,
  suspects,
  learningCurve,
  attention,
  surroundings,
  nearestLabelled,
  trainTokenizer,
  trainStemTokenizer,
  showTokenizer,
  trainDetector,
}
