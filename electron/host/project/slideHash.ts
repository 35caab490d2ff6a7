import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { FailureError } from '../../contract/index.ts'
import type { Project } from '../../store/index.ts'

/**
 * Reads slides whole, one after another, for the hash that names them in reports. It waits between pieces, so that nothing
 * else is slowed; a slide that cannot be read now is left for the next time.
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

/** Milliseconds between megabytes: a slide of a gigabyte takes some seconds longer and nobody notices. */
const pause = 5
