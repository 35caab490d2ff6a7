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
import { centroidOf } from '../../../models/detector/outline.ts'
import { findStars, type DetectorMaps } from '../../../models/nucleusDetector/findStars.ts'
import { holds, regionSide, withSeam, type Region } from '../../../models/nucleusDetector/grid.ts'
import { detectorInput } from '../../../models/nucleusDetector/input.ts'
import type { StarJob, StarOrder, StarReply } from './starProtocol.ts'

/** A detection thread: reads regions and makes outlines of what the network says of them. It must never load onnxruntime. */
sharp.concurrency(1) // one picture at a time per thread; the threads are the parallelism
const job = workerData as StarJob
const said = saidOfTissue(job.areas ?? [])
let opened: Promise<SlideReader> | undefined
let region: Region | undefined

async function read({ read: { x, y, right, bottom } }: Region): Promise<Float32Array<ArrayBuffer>> {
  const reader = await (opened ??= openSlide(job.slide, { mpp: job.mpp }).then(unwrap))
  const { scale } = job
  const [width, height] = [right - x, bottom - y]
  const rect = { x: x * scale, y: y * scale, width: width * scale, height: height * scale }
  const { data } = await reader.region(rect, width, height)
  return detectorInput(data, width, height, regionSide)
}

function nucleiOf({ core, read }: Region, maps: DetectorMaps): Nuclei {
  const { scale, only, threshold } = job
  const outlines = findStars(maps, threshold).flatMap(({ outline }) => {
    const [x, y] = centroidOf(outline).map((v, k) => v + (k ? read.y : read.x))
    const isOwn =
      holds(withSeam(core), x, y) && inside(only, x * scale, y * scale) && said(x * scale, y * scale) !== 'excluded'
    return isOwn ? [outline.map((v, k) => (v + (k % 2 ? read.y : read.x)) * scale)] : []
  })
  return nucleiFromOutlines(outlines, 'detected')
}

const inside = (r: StarJob['only'], x: number, y: number): boolean =>
  !r || (x >= r.x && y >= r.y && x < r.x + r.width && y < r.y + r.height)

parentPort?.on('message', (order: StarOrder) => {
  const work = async (): Promise<StarReply> => {
    if (order.kind === 'maps') return { kind: 'nuclei', nuclei: nucleiOf(region!, order.maps) }
    region = order.region
    return { kind: 'image', image: await read(region) }
  }
  void attempt(work).then((result) => {
    const reply: StarReply = result.ok ? result.value : { kind: 'failure', failure: result.failure }
    parentPort?.postMessage(reply, reply.kind === 'image' ? [reply.image.buffer] : [])
  })
})
