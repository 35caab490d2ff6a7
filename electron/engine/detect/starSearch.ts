import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { FailureError, outlineOf, takeNuclei, type Nuclei, type Rect } from '../../contract/index.ts'
import type { Region } from '../../../models/nucleusDetector/grid.ts'
import { centroidOf } from '../../../models/detector/outline.ts'
import { seamKeeper } from '../../../models/nucleusDetector/seams.ts'
import type { CallContext } from '../handler.ts'
import type { Detector } from './detector.ts'
import type { StarJob, StarOrder, StarReply } from './starProtocol.ts'

/** A region to be searched, and what is searched with it, in level-0 pixels. */
export interface Work extends Region {
  readonly searched: Rect[]
}

/** Threads that read while the network looks; more would only wait for it. */
const mostThreads = 4

/** The source is .ts, the build is .js; the thread has the extension of this file. */
const workerUrl = new URL(import.meta.url.endsWith('.ts') ? './starWorker.ts' : './starWorker.js', import.meta.url)

/**
 * Regions one after another: threads read them and make outlines, the network looks at one at a time between. Hands nuclei to
 * the caller in the queue's order, and returns their number.
 */
export async function searchRegions(
  detector: Detector,
  job: StarJob,
  queue: readonly Work[],
  context: CallContext<'detect'>,
): Promise<number> {
  if (queue.length === 0) return 0
  let next = 0
  let done = 0
  let count = 0
  const seams = seamKeeper()
  const finished = new Map<number, Nuclei>()
  /** In the queue's order, so that of a nucleus at a seam the same copy is kept each time. */
  const tell = () => {
    for (let found = finished.get(done); found; found = finished.get(done)) {
      finished.delete(done)
      const { core, searched } = queue[done++]
      const nuclei = newOf(found, job.scale, (x, y) => seams.isNew(core, x, y))
      count += nuclei.count
      context.progress({ done, of: queue.length, nuclei, searched })
    }
  }
  const workers: Worker[] = []
  let giveUp = () => {}
  try {
    await new Promise<void>((resolve, reject) => {
      giveUp = () => reject(new FailureError('cancelled', 'Finding nuclei was cancelled.'))
      context.signal.addEventListener('abort', giveUp, { once: true })
      let looking: Promise<unknown> = Promise.resolve()
      for (let w = 0; w < Math.min(Math.max(availableParallelism(), 2), mostThreads, queue.length); w++) {
        const worker = new Worker(workerUrl, { workerData: job })
        workers.push(worker)
        const send = (order: StarOrder, transfer: ArrayBuffer[] = []) => worker.postMessage(order, transfer)
        let at = 0
        const serve = () => {
          at = next++
          if (at < queue.length) send({ kind: 'read', region: { core: queue[at].core, read: queue[at].read } })
          else if (done === queue.length) resolve()
        }
        const look = async (image: Float32Array) => {
          await context.breathe()
          const maps = await detector.look(image)
          send({ kind: 'maps', maps }, [maps.heat.buffer as ArrayBuffer, maps.rays.buffer as ArrayBuffer])
        }
        worker.on('error', reject)
        worker.on('exit', (code) => reject(new Error(`A detection thread stopped with code ${code}.`)))
        worker.on('message', (reply: StarReply) => {
          if (reply.kind === 'failure') return reject(FailureError.of(reply.failure))
          if (reply.kind === 'image') {
            looking = looking.then(() => look(reply.image)).catch(reject)
            return
          }
          finished.set(at, reply.nuclei)
          tell()
          serve()
        })
        serve()
      }
    })
  } finally {
    context.signal.removeEventListener('abort', giveUp)
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
  return count
}

function newOf(nuclei: Nuclei, scale: number, isNew: (x: number, y: number) => boolean): Nuclei {
  const kept = Uint32Array.from(Array(nuclei.count).keys()).filter((i) => {
    const [x, y] = centroidOf(outlineOf(nuclei, i))
    return isNew(x / scale, y / scale)
  })
  return kept.length === nuclei.count ? nuclei : takeNuclei(nuclei, kept)
}
