/**
 * The self-test of an execution provider, between an engine that may not start processes and Electron's shell, which
 * starts one for it.
 */
export type SelfTestRequest =
  | { readonly kind: 'start-self-test'; readonly provider: string }
  | { readonly kind: 'end-self-test'; readonly provider: string }

export type SelfTestNews =
  | { readonly kind: 'self-test'; readonly provider: string; readonly outcome: SelfTestOutcome }
  /** `code`: the process's exit code. Also comes after an outcome. */
  | { readonly kind: 'self-test-exit'; readonly provider: string; readonly code: number | null }

/** The result of one provider's self-test. */
export interface ProviderReport {
  /** Largest difference from the CPU's results, relative to their size. */
  readonly difference: number
  /** The CPU's time for the same work divided by the provider's. */
  readonly speed: number
}
/** A report, or a sentence saying what failed. */
export type SelfTestOutcome = ProviderReport | string
