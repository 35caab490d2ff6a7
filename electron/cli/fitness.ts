import { inEnglish, unwrap } from '../contract/index.ts'
import { readModelFolder } from '../formats/weights/modelFolder.ts'
import { findModel } from '../launch/models.ts'
import { misfitsOf, openSlide, slideQuality } from '../slides/index.ts'

/** Says on stderr what speaks against finding and classifying nuclei on a slide, and what to do. The work goes on. */
export async function warnOfMisfits(path: string, mpp: number | undefined, model?: string): Promise<void> {
  const reader = unwrap(await openSlide(path, { mpp }))
  try {
    const { json } = await readModelFolder(await findModel(model))
    for (const { finding, advice } of misfitsOf(await slideQuality(reader), reader.info, json.stains))
      process.stderr.write(`karyon: warning: ${inEnglish(finding)} ${inEnglish(advice)}\n`)
  } finally {
    await reader.close()
  }
}
