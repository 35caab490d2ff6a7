import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { inEnglish } from '../electron/contract/index.ts'
import { MeasurementFailed } from '../electron/cli/verb.ts'
import { openContext, Workbench } from '../electron/host/index.ts'
import { connectEngine } from '../electron/launch/engineClient.ts'
import { installation } from '../electron/launch/installation.ts'

/** The slide measured where none is named: beside the checkout, never in it. */
const usualSlide = resolve('../shared/data/slides/CMU-1-Small-Region.svs')
/** Tissue of a large resection slide, mm². */
const largeSlide = 150
/** Above this many runnable programs per core before the start, the times are not those of a quiet machine. */
const quiet = 0.3

export interface SlideBench {
  readonly slide: string
  readonly model: string
  readonly tissueMm2: number
  readonly nuclei: number
  /** Wall-clock time of the jobs, from start to all stored, over the tissue. */
  readonly secondsPerMm2: { readonly detect: number; readonly classify: number }
  /** Processor time of host and engine over the tissue, all cores together: hardly longer on a busy machine. null as below. */
  readonly processorSecondsPerMm2: { readonly detect: number; readonly classify: number } | null
  /** Seconds to find the tissue in the overview, once per slide. */
  readonly tissueSeconds: number
  /** Most memory that host and engine held at once or one after the other, MB (10⁶ bytes); null: the system does not say. */
  readonly peakMB: { readonly host: number; readonly engine: number | null }
  readonly cores: number
  /** Runnable programs per core before the start; above 0.3 the times are too long. */
  readonly load: number
}

/** Finds and classifies the nuclei of a slide as the app does: project, jobs, engine process. */
export async function benchSlide(slide = usualSlide, model?: string): Promise<SlideBench> {
  if (!existsSync(slide)) throw new MeasurementFailed(`${slide} is not there. Name a slide with --slide.`)
  const folder = await mkdtemp(join(tmpdir(), 'karyon-bench-'))
  const load = loadavg()[0] / availableParallelism()
  const { version, builtInModels } = installation()
  const engine = connectEngine()
  const context = await openContext({ project: join(folder, 'bench.karyon'), engine, builtInModels, version })
  const workbench = new Workbench(context)
  try {
    // The engine starts with the app, not with a slide.
    await engine.call('hello', {})
    const modelId = model === undefined ? undefined : await workbench.addModel(resolve(model))
    const slideId = await workbench.openSlide(slide)
    const measured = async (work: () => Promise<unknown>) => {
      const [started, before] = [performance.now(), processorSeconds(engine.pid)]
      await work()
      return { wall: (performance.now() - started) / 1000, processor: processorSeconds(engine.pid) - before }
    }
    const done = async (jobId: number) => {
      const { state, message, title } = await workbench.finished(jobId)
      if (state !== 'done') throw new MeasurementFailed(inEnglish(message ?? title))
    }
    const tissue = await measured(() => context.tissue.find(slideId))
    const { area } = await context.tissue.outlines(slideId)
    if (!(area > 0)) throw new MeasurementFailed(`No tissue was found on ${slide}, or its µm per pixel is unknown.`)
    const detect = await measured(() => done(workbench.detect(slideId)))
    const classify = await measured(() => done(workbench.classify(slideId, modelId === undefined ? {} : { modelId })))
    const run = workbench.state().runs.at(-1)
    return {
      slide,
      model: run?.modelId ?? '',
      tissueMm2: area,
      nuclei: workbench.nuclei(slideId).count,
      secondsPerMm2: { detect: detect.wall / area, classify: classify.wall / area },
      processorSecondsPerMm2: Number.isNaN(detect.processor)
        ? null
        : { detect: detect.processor / area, classify: classify.processor / area },
      tissueSeconds: tissue.wall,
      peakMB: { host: peakMB('self') ?? process.resourceUsage().maxRSS / 1e3, engine: peakMB(engine.pid) },
      cores: availableParallelism(),
      load,
    }
  } finally {
    await workbench.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** Returns the processor time of this process and another one since their start, from Linux's process table; NaN elsewhere. */
function processorSeconds(pid: number | undefined): number {
  if (process.platform !== 'linux' || pid === undefined) return NaN
  const { user, system } = process.cpuUsage()
  // Fields 14 and 15 (proc(5)), counted after the name, which may hold spaces. A tick is 1/100 s.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
  return (user + system) / 1e6 + (Number(fields[11]) + Number(fields[12])) / 100
}

/** Returns the most memory that a process has held, from Linux's memory map; null elsewhere. */
function peakMB(pid: number | 'self' | undefined): number | null {
  if (process.platform !== 'linux' || pid === undefined) return null
  const mark = /VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))
  return mark ? (Number(mark[1]) * 1024) / 1e6 : null
}

export function slideInWords(r: SlideBench): string {
  const { detect, classify } = r.secondsPerMm2
  const minutes = (perMm2: number) => ((perMm2 * largeSlide) / 60).toFixed(0)
  const engine = r.peakMB.engine === null ? '' : `, engine ${r.peakMB.engine.toFixed(0)} MB`
  return [
    `${r.slide}: ${r.tissueMm2.toFixed(2)} mm² of tissue, ${r.nuclei} nuclei; model ${r.model}, ${r.cores} cores`,
    `seconds per mm²: finding ${detect.toFixed(1)}, classifying ${classify.toFixed(1)}, both ${(detect + classify).toFixed(1)}; finding the tissue ${r.tissueSeconds.toFixed(1)} s per slide`,
    ...(r.processorSecondsPerMm2
      ? [
          `processor time per mm², all cores together: finding ${r.processorSecondsPerMm2.detect.toFixed(1)} s, classifying ${r.processorSecondsPerMm2.classify.toFixed(1)} s`,
        ]
      : []),
    `${largeSlide} mm² of tissue as dense as this take ${minutes(detect + classify)} minutes: ${minutes(detect)} to find the nuclei, ${minutes(classify)} to classify them`,
    `most memory: host ${r.peakMB.host.toFixed(0)} MB${engine}`,
    ...(r.load > quiet
      ? [`Other programs were running (${r.load.toFixed(1)} per core before the start): a quiet machine is faster.`]
      : []),
  ].join('\n')
}
