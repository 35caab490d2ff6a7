import { MeasurementFailed } from '../electron/cli/verb.ts'
import { existsSync } from 'node:fs'
import chromiumFromNpm from '@sparticuz/chromium'

const installed = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** Flags that make a headless browser draw WebGL2 in software and send no requests of its own. */
export const browserFlags: readonly string[] = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * Returns the browser for tests and measurements: `given`, else KARYON_BROWSER, else an installed Chromium or Chrome,
 * else the Chromium of an npm package. Throws MeasurementFailed if `given` does not exist.
 */
export async function browserPath(given?: string): Promise<string> {
  if (given === undefined)
    return (
      [process.env.KARYON_BROWSER, ...installed].find((path) => path !== undefined && existsSync(path)) ??
      (await chromiumFromNpm.executablePath())
    )
  if (existsSync(given)) return given
  throw new MeasurementFailed(`There is no browser at ${given}. Name the program itself, such as /usr/bin/chromium.`)
}
