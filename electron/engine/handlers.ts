import { alike } from './alike.ts'
import { attention } from './attention.ts'
import { bench } from './bench.ts'
import { classify } from './classify.ts'
import { detect } from './detect.ts'
import { embed } from './embed.ts'
import { finetune } from './finetune.ts'
import type { Handlers } from './handler.ts'
import { hello } from './hello.ts'
import { pretrain } from './pretrain.ts'
import { probe } from './probe.ts'
import { showTokenizer } from './showTokenizer.ts'
import { trainTokenizer } from './trainTokenizer.ts'

/** Every engine call and who does it. */
export const handlers: Handlers = {
  hello,
  detect,
  classify,
  finetune,
  pretrain,
  probe,
  embed,
  alike,
  attention,
  trainTokenizer,
  showTokenizer,
  bench,
}
