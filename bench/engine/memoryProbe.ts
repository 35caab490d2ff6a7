import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FinetuneParams, type Nuclei } from '../../electron/contract/index.ts'
import { classify } from '../../electron/engine/calls/classify.ts'
import { finetune } from '../../electron/engine/train/finetune.ts'
import { answerParent } from '../ownProcess.ts'
import { nucleiFromOutlines } from '../../models/nuclei/nuclei.ts'

/** What a process of its own is asked to train, and then to say how much memory it took. */
export interface MemoryTest {
  readonly params: Omit<FinetuneParams, 'slides' | 'out'>
  /** Where new models go. */
  readonly folder: string
  readonly slide: string
  readonly mpp: number
  /** xmin, ymin, xmax, ymax of each of the slide's nuclei, all of them labelled. */
  readonly boxes: readonly number[]
  /** How often the slide is trained on and classified, one after the other. */
  readonly cycles: number
}
/** MB (10⁶ bytes). */
export interface MemoryFound {
  /** The most the process ever held. */
  readonly peak: number
  /** How much more it held after all cycles than after the first tenth. */
  readonly growth: number
}

const context = {
  progress: () => undefined,
  signal: new AbortController().signal,
  breathe: () => new Promise<void>((resolve) => setImmediate(resolve)),
}

/** Run as a process of its own by memory.ts: trains and classifies as the engine does. */
async function measure({ params, folder, slide, mpp, boxes, cycles }: MemoryTest): Promise<MemoryFound> {
  const nuclei: Nuclei = nucleiFromOutlines(
    Array.from({ length: boxes.length / 4 }, (_, i) => {
      const [x0, y0, x1, y1] = boxes.slice(4 * i, 4 * i + 4)
      return [x0, y0, x1, y0, x1, y1, x0, y1]
    }),
    'detected',
  )
  const index = Uint32Array.from({ length: nuclei.count }, (_, i) => i)
  const label = Uint16Array.from(index, (i) => i % params.classes.length)
  let early = 0
  for (let cycle = 0; cycle < cycles; cycle++) {
    const out = join(folder, `trained-${cycle}`)
    await finetune({ ...params, out, slides: [{ slide, mpp, nuclei, index, label }] }, context)
    if (cycles > 1) await classify({ slide, mpp, nuclei, model: out }, context)
    if (cycle === Math.floor(cycles / 10)) early = process.memoryUsage.rss()
  }
  return {
    peak: peakBytes() / 1e6,
    growth: (process.memoryUsage.rss() - early) / 1e6,
  }
}

/**
 * The most memory this process ever held. Linux's own maxRSS counts what its parent held when it was started; the high
 * water mark of its memory map does not.
 */
function peakBytes(): number {
  const mark = process.platform === 'linux' && /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))
  return 1024 * (mark ? Number(mark[1]) : process.resourceUsage().maxRSS)
}

answerParent(measure)
