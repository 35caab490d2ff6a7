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

/** Flags under which a headless browser draws WebGL2 in software and asks nobody outside for anything. */
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
 * The browser that tests and measurements draw in: `given`, else KARYON_BROWSER, else Chromium or Chrome as installed,
 * else the Chromium of an npm package. Fails with 'not-found' where `given` is not there.
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
