import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Job, inEnglish } from './contract/index.ts'
import { makeDemo } from './demo/index.ts'
import type { Workbench } from './host/index.ts'

/** Prints one line for the person who started Karyon. */
export type Say = (line: string) => void

/**
 * Runs the main workflow without a click: draws the demo slide into `folder` if it is not there yet, opens it, detects
 * its nuclei and classifies them. Reports each stage with its result. Skips what an earlier start has done.
 */
export async function workThroughDemo(workbench: Workbench, folder: string, say: Say): Promise<void> {
  const slideId = await openDemo(workbench, folder, say)
  const slide = () => workbench.state().slides.find(({ id }) => id === slideId)
  if (slide()?.nuclei === 0) await finish(workbench, workbench.detect(slideId), 'Nuclei', say)
  if (!slide()?.nuclei) return
  const run = workbench.state().runs.find(({ id }) => id === slide()?.activeRunId)
  if (!run?.complete) await finish(workbench, workbench.classify(slideId), 'Classes', say)
  say(`Counts: ${countsOf(workbench, slideId)}.`)
}

async function openDemo(workbench: Workbench, folder: string, say: Say): Promise<number> {
  const path = join(folder, 'demo.tif')
  const started = performance.now()
  const isNew = !existsSync(path)
  const slide = isNew ? (await makeDemo(folder)).slide : path
  const slideId = await workbench.openSlide(slide)
  const info = workbench.state().slides.find(({ id }) => id === slideId)?.info
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  say(
    `Demo slide: ${slide}, ${info?.width} × ${info?.height} px at ${info?.mpp?.x} µm/px, ` +
      `${isNew ? 'drawn and opened' : 'opened'} in ${seconds} s.`,
  )
  return slideId
}

async function finish(workbench: Workbench, jobId: number, what: string, say: Say): Promise<Job> {
  const job = await workbench.finished(jobId)
  say(`${what}: ${inEnglish(job.message ?? job.title)}`)
  return job
}

/** Returns the counts of a slide's shown classes, most frequent first: "epithelial 512 · inflammatory 300". */
export function countsOf(workbench: Workbench, slideId: number): string {
  const { classId } = workbench.shownClasses(slideId)
  const counts = new Map<number, number>()
  for (const id of classId) counts.set(id, (counts.get(id) ?? 0) + 1)
  const name = (id: number) => workbench.state().classes.find((c) => c.id === id)?.name ?? 'unclassified'
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([id, count]) => `${name(id)} ${count}`)
    .join(' · ')
}
