export interface EngineBenchTask {
  /** Network sizes to measure, by preset name. */
  readonly presets: readonly string[]
  /** How often each is measured; the median counts. */
  readonly rounds: number
}
/** Ratios to onnxruntime's own 1024³ matrix product in the same run; wholeSlide is a ratio to the bare forward pass. */
export interface EngineBench {
  readonly forward: Record<string, number>
  readonly train: Record<string, number>
  readonly wholeSlide: number
  /** Training that draws its crops, as a ratio to the same steps on crops drawn before. */
  readonly trainAhead: number
  /** 8-bit encoding: speed as a ratio to full precision, smallest cosine of the two tokens of a nucleus. */
  readonly int8: {
    readonly preset: string
    readonly speed: number
    readonly cosine: number
  }
  /** Seconds to train a head on 20,000 kept tokens of width 192 to convergence, and to re-score 500,000. */
  readonly head: {
    readonly trainSeconds: number
    readonly rescoreSeconds: number
  }
  /** Most memory (MB, 10⁶ bytes) of a process that fine-tunes a whole network: `tiny`, `base`, `baseBlockwise`. */
  readonly memoryMB: Record<string, number>
  /** What 180 cycles of train and classify add to a process's memory, MB, after 20. */
  readonly growthMB: number
  readonly matMulGflops: number
}
/** Measures in a process that is started as the engine is, so that this one stays responsive. */
export declare const measureEngine: (task: EngineBenchTask) => Promise<EngineBench>
export declare const engineInWords: (r: EngineBench) => string
