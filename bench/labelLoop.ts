import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { inEnglish, unwrap, type Job } from '../electron/contract/index.ts'
import { MeasurementFailed, progress } from '../electron/cli/verb.ts'
import { makeDemo } from '../electron/demo/index.ts'
import { loadModel } from '../electron/engine/encode/encoder.ts'
import { tokenKey, writeTokens } from '../electron/engine/encode/tokenCache.ts'
import { readReplay } from '../electron/formats/weights/modelFolder.ts'
import { openContext, Workbench } from '../electron/host/index.ts'
import { tokenFile } from '../electron/host/state/paths.ts'
import { connectEngine } from '../electron/launch/engineClient.ts'
import { installation } from '../electron/launch/installation.ts'
import { openSlide } from '../electron/slides/index.ts'
import { writeSlide } from './slides/writeSlide.ts'
import { asJpeg, tileSide, tissueLike } from './slides/tiles.ts'
import { makeSyntheticProject, random, sideFor } from './syntheticProject.ts'

export interface LabelLoopBench {
  readonly nuclei: number
  /** From a label until the slide has its new classes, pause included: median and slowest of the rounds. */
  readonly labelToRecolourSeconds: number
  readonly slowestSeconds: number
  /** Of these, the pause after which learning begins. */
  readonly pauseSeconds: number
  /** Labels given while it learned that were not in the project afterwards. */
  readonly droppedClicks: number
  readonly clicks: number
  /** Longest time that a label took while it learned, ms. */
  readonly slowestClickMs: number
  /** Low-rank updates on labels of one slide (the demo), and classifying it anew. */
  readonly loraSeconds: number
  readonly loraLabels: number
  readonly embedding: { readonly nuclei: number; readonly seconds: number }
  readonly cores: number
  /** Runnable programs per core before the start; above 0.3 the times are too long. */
  readonly load: number
}

const rounds = 5
const clicksPerRound = 20
const loraLabels = 200
const mapped = 200_000
/** Milliseconds between two labels of a reader who hurries. */
const betweenClicks = 150

/** Measures what a label costs until the slide shows what was learned, on `nuclei` nuclei with cached tokens. */
export async function benchLabelLoop(nuclei: number): Promise<LabelLoopBench> {
  const folder = await mkdtemp(join(tmpdir(), 'karyon-bench-'))
  const load = loadavg()[0] / availableParallelism()
  try {
    const live = await measureLive(folder, nuclei)
    progress(`new classes after ${live.labelToRecolourSeconds.toFixed(1)} s`)
    const embedding = await measureMap(folder)
    progress(`map after ${embedding.seconds.toFixed(0)} s`)
    const loraSeconds = await measureLora(folder)
    return { nuclei, ...live, embedding, loraSeconds, loraLabels, cores: availableParallelism(), load }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Opens a synthetic project whose nuclei have tokens of the model in use: those of its own training nuclei with some
 * noise, so that they differ as real ones do.
 */
async function openWithTokens(folder: string, nuclei: number) {
  const tiles = Math.ceil(sideFor(nuclei) / tileSide)
  const path = join(folder, `slide-${nuclei}.svs`)
  const blocks = await Promise.all(Array.from({ length: 4 }, (_, seed) => asJpeg(tissueLike(seed))))
  const size = { columns: tiles, rows: tiles, compression: 7, photometric: 6 }
  await writeSlide(path, { ...size, blocks, downsamples: [1, 16], isShared: true })
  const reader = unwrap(await openSlide(path))
  await reader.close()
  const project = join(folder, `bench-${nuclei}.karyon`)
  const slideId = makeSyntheticProject(project, { path, info: reader.info }, nuclei)
  const { version, builtInModels } = installation()
  const engine = connectEngine()
  const context = await openContext({ project, engine, builtInModels, version })
  const workbench = new Workbench(context)
  await engine.call('hello', {})
  const model = context.models.inUse()
  const loaded = await loadModel(model.folder)
  const replay = await readReplay(loaded.folder)
  if (!replay) throw new MeasurementFailed(`The model ${model.title} has no tokens of its training nuclei.`)
  const width = replay.tokens.length / replay.labels.length
  const tokens = new Float16Array(nuclei * width)
  const row = new Float32Array(width)
  for (let i = 0; i < nuclei; i++) {
    const from = Math.floor(random(i, 7) * replay.labels.length) * width
    const scale = 0.8 + 0.4 * random(i, 8)
    for (let k = 0; k < width; k++) row[k] = replay.tokens[from + k] * scale
    tokens.set(row, i * width)
  }
  const source = context.slides.forEngine(slideId)
  const key = await tokenKey(source.slide, source.mpp, context.project.nuclei.of(slideId), loaded)
  await writeTokens(tokenFile(project, slideId), key, tokens)
  return { context, workbench, slideId }
}

async function measureLive(folder: string, nuclei: number) {
  const { context, workbench, slideId } = await openWithTokens(folder, nuclei)
  try {
    const { id } = context.project.nuclei.heads(slideId)
    const classes = context.project.classes.all()
    let [given, slowestClickMs] = [0, 0]
    const label = () => {
      const started = performance.now()
      workbench.labels.set(slideId, [id[given]], classes[given % classes.length].id)
      given++
      slowestClickMs = Math.max(slowestClickMs, performance.now() - started)
    }
    const learnedAfter = async () => {
      const started = performance.now()
      await workbench.live.learned()
      workbench.shownClasses(slideId)
      const { obstacle } = workbench.state().learning
      if (obstacle) throw new MeasurementFailed(inEnglish(obstacle))
      return (performance.now() - started + workbench.live.pause) / 1000
    }
    label()
    label()
    await learnedAfter()
    const seconds: number[] = []
    for (let round = 0; round < rounds; round++) {
      label()
      // From here on the engine learns, and the reader goes on.
      await new Promise((resolve) => setTimeout(resolve, workbench.live.pause + 10))
      for (let k = 0; k < clicksPerRound; k++) {
        label()
        await new Promise((resolve) => setTimeout(resolve, betweenClicks))
      }
      await learnedAfter()
      label()
      seconds.push(await learnedAfter())
    }
    seconds.sort((a, b) => a - b)
    const labels = context.project.labels.labelsOf(id.subarray(0, given))
    return {
      labelToRecolourSeconds: seconds[seconds.length >> 1],
      slowestSeconds: seconds[seconds.length - 1],
      pauseSeconds: workbench.live.pause / 1000,
      droppedClicks: labels.filter((classId, k) => classId !== classes[k % classes.length].id).length,
      clicks: given,
      slowestClickMs,
    }
  } finally {
    await workbench.close()
  }
}

async function measureMap(folder: string) {
  const { workbench, slideId } = await openWithTokens(folder, mapped)
  try {
    const started = performance.now()
    await done(workbench, workbench.embed(slideId))
    return { nuclei: mapped, seconds: (performance.now() - started) / 1000 }
  } finally {
    await workbench.close()
  }
}

async function measureLora(folder: string): Promise<number> {
  const { slide } = await makeDemo(join(folder, 'demo'))
  const { version, builtInModels } = installation()
  const project = join(folder, 'demo.karyon')
  const workbench = await Workbench.open({ project, engine: connectEngine(), builtInModels, version })
  try {
    workbench.live.switch(false)
    const slideId = await workbench.openSlide(slide)
    await done(workbench, workbench.detect(slideId))
    await done(workbench, workbench.classify(slideId))
    const { id } = workbench.nuclei(slideId)
    const classes = workbench.state().classes
    const chosen = Array.from({ length: loraLabels }, (_, k) => id[Math.floor((k * id.length) / loraLabels)])
    for (const [c, { id: classId }] of classes.entries())
      workbench.labels.set(
        slideId,
        chosen.filter((_, k) => k % classes.length === c),
        classId,
      )
    const started = performance.now()
    await done(workbench, workbench.train({ method: 'lora' }))
    await workbench.idle()
    return (performance.now() - started) / 1000
  } finally {
    await workbench.close()
  }
}

async function done(workbench: Workbench, jobId: number): Promise<Job> {
  const job = await workbench.finished(jobId)
  if (job.state !== 'done') throw new MeasurementFailed(inEnglish(job.message ?? job.title))
  return job
}

export const labelLoopInWords = (r: LabelLoopBench): string =>
  [
    `${r.nuclei.toLocaleString('en')} nuclei: new classes ${r.labelToRecolourSeconds.toFixed(1)} s after a label (slowest ${r.slowestSeconds.toFixed(1)}), of which ${r.pauseSeconds.toFixed(1)} s are the pause`,
    `${r.clicks} labels, also while it learned: ${r.droppedClicks} lost, the slowest took ${r.slowestClickMs.toFixed(0)} ms`,
    `low-rank updates on ${r.loraLabels} labels, and classifying anew: ${r.loraSeconds.toFixed(0)} s`,
    `map of ${r.embedding.nuclei.toLocaleString('en')} nuclei: ${r.embedding.seconds.toFixed(0)} s`,
    ...(r.load > 0.3
      ? [`Other programs were running (${r.load.toFixed(1)} per core before the start): a quiet machine is faster.`]
      : []),
  ].join('\n')
