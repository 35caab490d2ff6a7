import { existsSync } from 'node:fs'
import { FailureError } from '../electron/contract/index.js'
const installed = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]
/** Flags under which a headless browser draws WebGL2 in software and asks nobody outside for anything. */
export const browserFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
/** Chromium or Chrome as installed (or KARYON_BROWSER); undefined where there is none. */
export const installedBrowser = () =>
  [process.env.KARYON_BROWSER, ...installed].find((path) => path !== undefined && existsSync(path))
/** The browser to measure in. Fails with 'not-found'. */
export function browserFor(given) {
  const found = given === undefined ? installedBrowser() : existsSync(given) ? given : undefined
  if (found) return found
  throw new FailureError(
    'not-found',
    given === undefined
      ? 'It takes a Chromium or Chrome, and none is installed. Install one, or name it with --browser or in KARYON_BROWSER.'
      : `There is no browser at ${given}. Name the program itself, such as /usr/bin/chromium.`,
  )
}
//# sourceMappingURL=findBrowser.js.map
