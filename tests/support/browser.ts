import chromiumFromNpm from '@sparticuz/chromium'
import { installedBrowser } from '../../electron/bench/findBrowser.ts'

export { browserFlags } from '../../electron/bench/findBrowser.ts'

/** A Chromium to test in: Debian's or Chrome where found (or KARYON_BROWSER), else the one of an npm package. */
export const browserPath = async (): Promise<string> => installedBrowser() ?? (await chromiumFromNpm.executablePath())
