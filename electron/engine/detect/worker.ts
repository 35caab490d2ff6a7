import { parentPort, workerData } from 'node:worker_threads'
import sharp from 'sharp'
import {
  attempt,
  nucleiFromOutlines,
  saidOfTissue,
  unwrap,
  type Nuclei,
  type SlideReader,
} from '../../contract/index.ts'
import { openSlide } from '../../slides/index.ts'
import { detectNuclei } from '../../../models/detector/detectNuclei.ts'
import { holds, type Region } from '../../../models/detector/grid.ts'
import type { DetectJob, DetectOrder, DetectReply } from './protocol.ts'

/** A detection thread: one region after another, until it is ended. Plain JavaScript: it must never load onnxruntime. */
sharp.concurrency(1) // one picture at a time per thread; the threads are the parallelism
const job = workerData as DetectJob
const said = saidOfTissue(job.areas ?? [])
let opened: Promise<SlideReader> | undefined

async function nucleiOf({ core, read }: Region): Promise<Nuclei> {
  const reader = await (opened ??= openSlide(job.slide, { mpp: job.mpp }).then(unwrap))
  const { scale, only } = job
  const width = read.right - read.x
  const height = read.bottom - read.y
  const { data } = await reader.region(
    { x: read.x * scale, y: read.y * scale, width: width * scale, height: height * scale },
    width,
    height,
  )
  const outlines = detectNuclei(data, width, height, job.mpp * scale, job.stains)
    .filter(({ x, y }) => {
      const [left, top] = [(read.x + x) * scale, (read.y + y) * scale]
      return holds(core, read.x + x, read.y + y) && inside(only, left, top) && said(left, top) !== 'excluded'
    })
    .map(({ outline }) => outline.map((v, k) => (v + (k % 2 ? read.y : read.x)) * scale))
  return nucleiFromOutlines(outlines, 'detected')
}

const inside = (r: DetectJob['only'], x: number, y: number): boolean =>
  !r || (x >= r.x && y >= r.y && x < r.x + r.width && y < r.y + r.height)

parentPort?.on('message', (region: DetectOrder) => {
  void attempt(() => nucleiOf(region)).then((result) => {
    const reply: DetectReply = result.ok
      ? { kind: 'nuclei', nuclei: result.value }
      : { kind: 'failure', failure: result.failure }
    parentPort?.postMessage(reply)
  })
})
