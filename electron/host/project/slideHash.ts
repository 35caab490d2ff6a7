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

/**
 * Returns the hash of a slide's file if slides of the project look the same, and makes sure that theirs are known: they
 * decide whether it is one of them. A slide whose file is no longer there keeps none, and counts as moved.
 */
export async function decidingHash(project: Project, file: string, signal: AbortSignal): Promise<string | undefined> {
  const rivals = project.slides.rivals(file)
  if (rivals.length === 0) return undefined
  for (const { id, fullHash } of rivals) {
    const hash = fullHash ?? (await hashOf(project, id, signal, 0))
    if (hash !== undefined && fullHash === null) project.slides.setFullHash(id, hash)
  }
  return sha256(file, signal, 0)
}

async function hashOf(
  project: Project,
  slideId: number,
  signal: AbortSignal,
  pauseMs = pause,
): Promise<string | undefined> {
  try {
    return await sha256(project.slides.locate(slideId), signal, pauseMs)
  } catch (error) {
    if (error instanceof FailureError) return undefined
    throw error
  }
}

async function sha256(path: string, signal: AbortSignal, pauseMs: number): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20, signal })) {
    hash.update(piece as Buffer)
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs))
  }
  return hash.digest('hex')
}

/** Pause after each megabyte, ms. A slide of a gigabyte takes a few seconds longer, which nobody notices. */
const pause = 5
