import { inOwnProcess } from '../ownProcess.ts'

export interface EngineBenchTask {
  /** Network sizes to measure, by preset name. */
  readonly presets: readonly string[]
  /** Number of measurements of each value. The result is their median. */
  readonly rounds: number
}

/** Ratios to onnxruntime's own 1024³ matrix product in the same run. wholeSlide is a ratio to the bare forward pass. */
export interface EngineBench {
  readonly forward: Record<string, number>
  readonly train: Record<string, number>
  readonly wholeSlide: number
  /** Speed of training that draws its crops, as a ratio to the same steps on crops drawn beforehand. */
  readonly trainAhead: number
  /** 8-bit encoding: speed as a ratio to full precision, and smallest cosine of a nucleus's two tokens. */
  readonly int8: { readonly preset: string; readonly speed: number; readonly cosine: number }
  /** Seconds to train a head to convergence on 20,000 cached tokens of width 192, and to reclassify 500,000. */
  readonly head: { readonly trainSeconds: number; readonly rescoreSeconds: number }
  /** Peak memory (MB, 10⁶ bytes) of a process that fine-tunes a whole network: `tiny`, `base`, `baseBlockwise`. */
  readonly memoryMB: Record<string, number>
  /** Growth of a process's memory over 180 cycles of training and classifying, after the first 20, MB. */
  readonly growthMB: number
  readonly matMulGflops: number
}

/** Measures in a process started like the engine, so that this process stays responsive. */
export const measureEngine = (task: EngineBenchTask): Promise<EngineBench> =>
  inOwnProcess(import.meta.url, './measure', task)

export const engineInWords = (r: EngineBench): string =>
  [
    `matrix product: ${r.matMulGflops.toFixed(0)} GFLOP/s`,
    ...Object.keys(r.forward).map(
      (name) => `${name}: forward ${r.forward[name].toFixed(2)}, training ${r.train[name].toFixed(2)}`,
    ),
    `int8 (${r.int8.preset}): ${r.int8.speed.toFixed(2)} × full precision, token cosine ≥ ${r.int8.cosine.toFixed(5)}`,
    `head on kept tokens: trained in ${r.head.trainSeconds.toFixed(2)} s (20,000), re-scored in ${r.head.rescoreSeconds.toFixed(2)} s (500,000)`,
    `whole slide: ${r.wholeSlide.toFixed(2)} of the bare forward pass`,
    `training that draws its crops: ${r.trainAhead.toFixed(2)} of the bare step`,
    `most memory while fine-tuning: ${Object.entries(r.memoryMB)
      .map(([name, MB]) => `${name} ${MB} MB`)
      .join(', ')}; growth over 180 cycles of train and classify: ${r.growthMB} MB`,
  ].join('\n')
