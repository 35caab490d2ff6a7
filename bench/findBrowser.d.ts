/** Flags under which a headless browser draws WebGL2 in software and asks nobody outside for anything. */
export declare const browserFlags: readonly string[]
/** Chromium or Chrome as installed (or KARYON_BROWSER); undefined where there is none. */
export declare const installedBrowser: () => string | undefined
/** The browser to measure in. Fails with 'not-found'. */
export declare function browserFor(given?: string): string
