import type { Browser, Page } from '@playwright/test'
/** The app's page with its overlay drawn. Tiles by the canvas drawer, which software renders faster. */
export declare function openPage(browser: Browser, link: string): Promise<Page>
/** Waits until all that the view draws has come and nothing moves any more. */
export declare function settle(page: Page): Promise<void>
/** Overlay frames a second while a hand drags the slide in circles. The clock stops when the last frame is on the canvas. */
export declare function framesWhilePanning(page: Page, seconds: number): Promise<number>
/** Milliseconds until the nucleus under the mouse is shown: of 64 places the third slowest, two may meet other work. */
export declare function slowPick(page: Page): Promise<number>
/** Milliseconds until all nuclei are drawn in other colours. */
export declare const recolour: (page: Page, by: string) => Promise<number>
/** MB that the page's scripts hold, typed arrays included, after a garbage collection. */
export declare function heapMB(page: Page): Promise<number>
