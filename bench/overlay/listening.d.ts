/** How long the host let requests wait: the 99th percentile and the longest, milliseconds. */
export interface Waits {
  readonly hostP99Ms: number
  readonly hostSlowestMs: number
}
/** Asks the host for next to nothing again and again until stopped; it answers as soon as nothing holds it up. */
export declare function listening(origin: string): {
  stop(): Promise<Waits>
}
