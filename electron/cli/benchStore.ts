import { createHash } from 'node:crypto'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { FailureError, nucleiFromOutlines, unpackHead, unpackNuclei, type Nuclei } from '../contract/index.ts'
import { gunzipSync } from 'node:zlib'
import { createProject, openProject, shownClasses, type Project } from '../store/index.ts'
import { progress } from './verb.ts'

export interface StoreMeasures {
  /** Opening the file until the first block of nuclei and what is shown of it are there. */
  reopenSeconds: number
  /** The slowest undo, and the slowest bulk label. */
  undoSeconds: number
  bulkSeconds: number
  /** Labels and nuclei after all undos equal those before, byte for byte. */
  identicalAfterUndo: boolean
  /** The file with all steps in it. */
  fileMB: number
  /** Most memory this process ever held. */
  peakMB: number
}

const points = 20
const classes = ['a', 'b', 'c', 'd', 'e']
/** Nuclei made at a time. */
const piece = 50_000

/** A project of `nuclei` outlines and one run, `steps` bulk labels of a random half, all undone again. */
export async function measureStore({ nuclei, steps }: { nuclei: number; steps: number }): Promise<StoreMeasures> {
  if (nuclei < 2 || steps < 1)
    throw new FailureError('invalid-input', 'It takes two nuclei and one step at least. Give larger numbers.')
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
      project.label({ slideId, reader: 'bench', title: `step ${k}`, ids: half, classId: 1 + (k % classes.length) })
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
  const project = createProject(path)
  const side = Math.ceil(Math.sqrt(count)) * 40
  const slideId = project.slides.add(slide, {
    format: 'none',
    reader: 'none',
    width: side,
    height: side,
    mpp: { x: 0.25, y: 0.25, source: 'made up' },
    levels: [{ width: side, height: side, downsample: 1, tileWidth: 256, tileHeight: 256 }],
  })
  const own = project.classes.ensure(classes.map((name) => ({ name })))
  const run = project.runs.create({
    slideId,
    modelId: 'bench',
    modelTitle: 'bench',
    classes: own.map(({ name, id }) => ({ name, classId: id })),
    nucleiVersion: 1,
  })
  for (let first = 0; first < count; first += piece) {
    project.nuclei.append(slideId, madeUp(first, Math.min(piece, count - first), side / 40))
    progress(`making nuclei: ${first}/${count}`)
  }
  const heads = project.nuclei.heads(slideId)
  const probabilities = new Float32Array(heads.count * classes.length)
  for (let i = 0; i < probabilities.length; i++) probabilities[i] = random(i, 1) / classes.length
  project.runs.append(run, heads, probabilities)
  project.runs.complete(run)
  project.slides.show(slideId, run)
  project.close()
  return slideId
}

/** Round-ish nuclei of 18 to 26 px, one in each field of a 40 px grid, with outlines as uneven as detected ones. */
function madeUp(first: number, count: number, columns: number): Nuclei {
  const outlines = Array.from({ length: count }, (_, k) => {
    const n = first + k
    const [x, y] = [(n % columns) * 40 + 20 + 8 * random(n, 2), Math.floor(n / columns) * 40 + 20 + 8 * random(n, 3)]
    const radius = 9 + 4 * random(n, 4)
    return Float64Array.from({ length: 2 * points }, (_, v) => {
      const angle = (2 * Math.PI * (v >> 1)) / points
      const r = radius * (0.9 + 0.2 * random(n * points + (v >> 1), 5))
      return v % 2 === 0 ? x + r * Math.cos(angle) : y + r * Math.sin(angle)
    })
  })
  return nucleiFromOutlines(outlines, 'detected')
}

function firstOverlayData(project: Project, slideId: number): void {
  const [{ id }] = project.nuclei.chunks.of(slideId)
  const bytes = (part: 'head' | 'outlines') =>
    new Uint8Array(gunzipSync(project.nuclei.chunks.bytes(slideId, id, part)))
  unpackNuclei(unpackHead(bytes('head')), bytes('outlines'))
  const heads = project.nuclei.heads(slideId)
  const { runId } = project.acceptance.speaking(slideId)
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

/** 0 … 1, the same for the same arguments (integer hash by Chris Wellons, "lowbias32"). */
function random(n: number, seed: number): number {
  let h = (n + seed * 0x9e3779b9) | 0
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d)
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b)
  return ((h ^ (h >>> 16)) >>> 0) / 2 ** 32
}

export const storeInWords = (m: StoreMeasures): string =>
  [
    `reopened to the first nuclei in ${m.reopenSeconds.toFixed(2)} s`,
    `slowest bulk label ${m.bulkSeconds.toFixed(2)} s, slowest undo ${m.undoSeconds.toFixed(2)} s`,
    `after all undos ${m.identicalAfterUndo ? 'byte for byte as before' : 'NOT as before'}`,
    `file ${m.fileMB.toFixed(0)} MB, most memory ${m.peakMB.toFixed(0)} MB`,
  ].join('\n')
