import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { FailureError } from '../../contract/index.ts'
import type { Project } from '../../store/index.ts'

/**
 * Computes the SHA-256 that identifies each slide in reports, reading one whole slide after another. Pauses between
 * pieces so that nothing else is slowed down. A slide that cannot be read now is left for the next time.
 */
export async function hashSlides(project: Project, signal: AbortSignal): Promise<void> {
  for (const { id, fullHash } of project.slides.all()) {
    if (fullHash !== null) continue
    const hash = await hashOf(project, id, signal).catch(() => undefined)
    if (signal.aborted) return
    if (hash !== undefined) project.slides.setFullHash(id, hash)
  }
}

async function hashOf(project: Project, slideId: number, signal: AbortSignal): Promise<string | undefined> {
  try {
    const hash = createHash('sha256')
    for await (const piece of createReadStream(project.slides.locate(slideId), { highWaterMark: 1 << 20, signal })) {
      hash.update(piece as Buffer)
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
    return hash.digest('hex')
  } catch (error) {
    if (error instanceof FailureError) return undefined
    throw error
  }
}

/** Pause after each megabyte, ms. A slide of a gigabyte takes a few seconds longer, which nobody notices. */
const pause = 5
