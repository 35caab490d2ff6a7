import { type ReviewRun } from './review.ts'
/** One zoom of one slide: frames a second while panning, and what the page holds. */
export interface OverlayRun {
  readonly nuclei: number
  /** Magnification as the page says it, and how it draws the nuclei there. */
  readonly zoom: string
  readonly level: string
  readonly fps: number
  readonly heapMB: number
}
export interface OverlayBench {
  readonly browser: string
  readonly runs: readonly OverlayRun[]
  readonly reviews: readonly ReviewRun[]
  /** Of the largest slide: until the nucleus under the mouse is shown (slowest zoom), until all are recoloured. */
  readonly pickMs: number
  readonly recolourMs: number
  /** Until the overlay of the largest slide is first drawn, from asking for the page. */
  readonly firstDrawnMs: number
}
/** Measures the app's own page over made-up slides, in a browser that draws in software. Fails where there is none. */
export declare function benchOverlay(counts: readonly number[], browserPath?: string): Promise<OverlayBench>
export declare const overlayInWords: (r: OverlayBench) => string
