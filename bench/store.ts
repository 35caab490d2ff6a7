import { MeasurementFailed } from '../electron/cli/verb.ts'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unpackHead, unpackNuclei, message } from '../electron/contract/index.ts'
import { gunzipSync } from 'node:zlib'
import { openProject, shownClasses, type Project } from '../electron/store/index.ts'
import { syntheticClasses, makeSyntheticProject, random, sideFor } from './syntheticProject.ts'
import { progress } from '../electron/cli/verb.ts'

export interface StoreMeasures {
  /** Time from opening the file until the first block of nuclei and the data to show it are loaded. */
  reopenSeconds: number
  /** The slowest undo; `bulkSeconds` is the slowest bulk label. */
  undoSeconds: number
  bulkSeconds: number
  /** True if labels and nuclei after all undos are byte for byte the same as before. */
  identicalAfterUndo: boolean
  /** Size of the file with all steps. */
  fileMB: number
  /** Peak memory of this process. */
  peakMB: number
}

/** Measures a project of `nuclei` outlines and one run: `steps` bulk labels of a random half, then undoes them all. */
export async function measureStore({ nuclei, steps }: { nuclei: number; steps: number }): Promise<StoreMeasures> {
  if (nuclei < 2 || steps < 1)
    throw new MeasurementFailed('There must be at least two nuclei and one step. Give larger numbers.')
  const folder = await mkdtemp(join(tmpdir(), 'karyon-bench-'))
  try {
    const path = join(folder, 'bench.karyon')
    const slideId = await fill(path, join(folder, 'slide.bin'), nuclei)
    const opened = performance.now()
    const project = openProject(path)
    firstOverlayData(project, slideId)
    const reopenSeconds = since(opened)
    const ids = project.nuclei.heads(slideId).id
    const before = fingerprint(project, slideId)
    let bulkSeconds = 0
    for (let k = 0; k < steps; k++) {
      const half = ids.filter((id) => random(id, k) < 0.5)
      const started = performance.now()
      project.label({
        slideId,
        reader: 'bench',
        title: message('stepLabelled', { nuclei: half.length, name: String(k) }),
        ids: half,
        classId: 1 + (k % syntheticClasses.length),
      })
      bulkSeconds = Math.max(bulkSeconds, since(started))
      progress(`labelling: ${k + 1}/${steps} steps`)
    }
    let undoSeconds = 0
    for (let k = 0; k < steps; k++) {
      const started = performance.now()
      project.log.undo('bench')
      undoSeconds = Math.max(undoSeconds, since(started))
      progress(`undoing: ${k + 1}/${steps} steps`)
    }
    const identicalAfterUndo = fingerprint(project, slideId) === before
    project.close()
    return {
      reopenSeconds,
      undoSeconds,
      bulkSeconds,
      identicalAfterUndo,
      fileMB: (await stat(path)).size / 1e6,
      peakMB: process.resourceUsage().maxRSS / 1e3,
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function fill(path: string, slide: string, count: number): Promise<number> {
  await writeFile(slide, 'a slide in name only')
  const side = sideFor(count)
  const info = {
    format: 'none',
    reader: 'none',
    width: side,
    height: side,
    mpp: { x: 0.25, y: 0.25, source: 'made up' },
    levels: [{ width: side, height: side, downsample: 1, tileWidth: 256, tileHeight: 256 }],
  }
  return makeSyntheticProject(path, { path: slide, info }, count)
}

function firstOverlayData(project: Project, slideId: number): void {
  const [{ id }] = project.nuclei.chunks.of(slideId)
  const bytes = (part: 'head' | 'outlines') =>
    new Uint8Array(gunzipSync(project.nuclei.chunks.bytes(slideId, id, part)))
  unpackNuclei(unpackHead(bytes('head')), bytes('outlines'))
  const heads = project.nuclei.heads(slideId)
  const { runId } = project.acceptance.shownRuns(slideId)
  shownClasses(project.labels.labelsOf(heads.id), runId === null ? undefined : project.runs.predictions(runId, heads))
}

function fingerprint(project: Project, slideId: number): string {
  const hash = createHash('sha256')
  const { id, box } = project.nuclei.heads(slideId)
  for (const column of [id, box, project.labels.labelsOf(id)])
    hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength))
  for (const chunk of project.nuclei.chunks.of(slideId))
    hash.update(project.nuclei.chunks.bytes(slideId, chunk.id, 'outlines'))
  return hash.digest('hex')
}

const since = (started: number) => (performance.now() - started) / 1000

export const storeInWords = (m: StoreMeasures): string =>
  [
    `reopened to the first nuclei in ${m.reopenSeconds.toFixed(2)} s`,
    `slowest bulk label ${m.bulkSeconds.toFixed(2)} s, slowest undo ${m.undoSeconds.toFixed(2)} s`,
    `after all undos ${m.identicalAfterUndo ? 'byte for byte as before' : 'NOT as before'}`,
    `file ${m.fileMB.toFixed(0)} MB, most memory ${m.peakMB.toFixed(0)} MB`,
  ].join('\n')
