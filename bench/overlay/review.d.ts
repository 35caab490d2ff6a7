import type { Page } from '@playwright/test'
/** What looking a slide's nuclei through costs. */
export interface ReviewRun {
  readonly nuclei: number
  /** From asking for the nuclei in some order until all thumbnails in sight have their pictures; the slower of two. */
  readonly orders: readonly {
    readonly order: string
    readonly seconds: number
  }[]
  /** How long the host let other requests wait meanwhile. */
  readonly hostP99Ms: number
  readonly hostSlowestMs: number
  /** Frames a second while a wheel scrolls the gallery of all nuclei, and the part of thumbnails in sight that had pictures. */
  readonly scrolling: readonly {
    readonly pixelsPerSecond: number
    readonly fps: number
    readonly pictured: number
  }[]
}
/** Opens the gallery of the page's slide, asks for its nuclei in every order, and scrolls through all of them. */
export declare function measureReview(page: Page, origin: string, nuclei: number): Promise<ReviewRun>
export declare const reviewInWords: ({ nuclei, orders, hostP99Ms, hostSlowestMs, scrolling }: ReviewRun) => string[]
