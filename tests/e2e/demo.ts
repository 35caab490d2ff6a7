import { cpSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'

/**
 * Where firstStart.spec.ts lets the built app draw, search and classify its demo slide. Playwright runs it before all other
 * specs (playwright.config.ts); they work on that slide and on copies of that project.
 */
export const demoHome = join(import.meta.dirname, '../../test-reports/first-start')

/** The demo slide: 2560 × 1920 px at 0.25 µm/px. */
export const demoSlide = join(demoHome, 'demo', 'demo.tif')
/** What is true of its nuclei, as GeoJSON. */
export const demoTruth = join(demoHome, 'demo', 'truth.geojson')
export { demoMpp, demoSize } from '../../electron/demo/index.ts'

const kept = join(demoHome, 'classified')

/** Keeps the demo's project and its token cache as the first start has left them; the project must be closed. */
export function keepClassified(): void {
  for (const name of ['demo.karyon', 'demo-tokens'])
    cpSync(join(demoHome, 'demo', name), join(kept, name), { recursive: true })
}

/** Throws where firstStart.spec.ts has not made the demo, as under --no-deps in a new checkout. */
export function needDemo(): void {
  if (!existsSync(kept))
    throw new Error("There is no classified demo slide. Make it once: npx playwright test --project='first start'")
}

/** A copy of the project of the searched and classified demo slide in `folder`; nothing has to be computed. */
export function classifiedProject(folder: string): string {
  needDemo()
  cpSync(kept, folder, { recursive: true })
  return join(folder, 'demo.karyon')
}

/** Writes the demo slide mirrored, which makes it another slide; without a scale where none is given (px/mm). */
export async function writeMirrored(path: string, pixelsPerMm?: number): Promise<string> {
  const scale = pixelsPerMm === undefined ? { xres: 1, yres: 1 } : { xres: pixelsPerMm, yres: pixelsPerMm }
  await sharp(demoSlide)
    .flop()
    .tiff({ tile: true, pyramid: true, compression: 'jpeg', ...scale })
    .toFile(path)
  return path
}
