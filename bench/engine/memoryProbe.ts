import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FinetuneParams, type Nuclei } from '../../electron/contract/index.ts'
import { classify } from '../../electron/engine/calls/classify.ts'
import { finetune } from '../../electron/engine/train/finetune.ts'
import { answerParent } from '../ownProcess.ts'
import { nucleiFromOutlines } from '../../models/nuclei/nuclei.ts'

/** A training task for a separate process, which then reports its memory. */
export interface MemoryTask {
  readonly params: Omit<FinetuneParams, 'slides' | 'out'>
  /** Folder for new models. */
  readonly folder: string
  readonly slide: string
  readonly mpp: number
  /** xmin, ymin, xmax, ymax of each of the slide's nuclei, which are all labelled. */
  readonly boxes: readonly number[]
  /** How many times the process trains on the slide and then classifies it. */
  readonly cycles: number
}
/** MB (10⁶ bytes). */
export interface MeasuredMemory {
  /** Peak memory of the process. */
  readonly peak: number
  /** Memory after all cycles minus memory after the first tenth of them. */
  readonly growth: number
}

const context = {
  progress: () => undefined,
  signal: new AbortController().signal,
  breathe: () => new Promise<void>((resolve) => setImmediate(resolve)),
}

/** Trains and classifies as the engine does. memory.ts runs it in a separate process. */
async function measure({ params, folder, slide, mpp, boxes, cycles }: MemoryTask): Promise<MeasuredMemory> {
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
 * Returns the peak memory of this process. On Linux it reads the high-water mark of the memory map, because maxRSS
 * includes the memory that the parent held when it started this process.
 */
function peakBytes(): number {
  const mark = process.platform === 'linux' && /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))
  return 1024 * (mark ? Number(mark[1]) : process.resourceUsage().maxRSS)
}

answerParent(measure)
