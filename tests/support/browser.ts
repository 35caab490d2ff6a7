import { existsSync } from 'node:fs'
import chromiumFromNpm from '@sparticuz/chromium'

const installed = [
  process.env.KARYON_BROWSER,
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

/** A Chromium to test in: Debian's or Chrome where found (or KARYON_BROWSER), else the one of an npm package. */
export async function browserPath(): Promise<string> {
  const found = installed.find((path) => path !== undefined && existsSync(path))
  return found ?? (await chromiumFromNpm.executablePath())
}
