import sharp from 'sharp'
import { unwrap, type Nuclei, type Rect, type SlideReader, type TissueArea } from '../../contract/index.ts'
import { openSlide } from '../../slides/index.ts'
import { serveThread } from '../../threads/index.ts'
import { detectNuclei } from '../../../models/detector/detectNuclei.ts'
import { holds, type Region } from '../../../models/detector/grid.ts'
import type { SlideStains } from '../../../models/detector/slideStains.ts'
import { nucleiFromOutlines } from '../../../models/nuclei/nuclei.ts'
import { kindAt } from '../../../models/geometry/polygon.ts'

/** The job of a detection thread. */
export interface DetectJob {
  readonly slide: string
  /** µm per level-0 pixel. */
  readonly mpp: number
  /** Level-0 pixels per working pixel. */
  readonly scale: number
  readonly stains: SlideStains
  /** If present, only nuclei with their centre in this rectangle are kept, level-0 pixels. */
  readonly only?: Rect
  /** Nuclei with their centre where these areas say that there is no tissue are dropped. */
  readonly areas?: readonly TissueArea[]
}

/** Runs in a detection thread: searches one region after another until it is ended. It must never load onnxruntime. */
function makeDetection(job: DetectJob) {
  sharp.concurrency(1) // one picture at a time per thread; the threads are the parallelism
  const said = kindAt(job.areas ?? [])
  let opened: Promise<SlideReader> | undefined
  return {
    /** Returns the nuclei with their centre in a region's core. */
    async nucleiOf({ core, read }: Region): Promise<Nuclei> {
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
    },
  }
}

const inside = (r: DetectJob['only'], x: number, y: number): boolean =>
  !r || (x >= r.x && y >= r.y && x < r.x + r.width && y < r.y + r.height)

export type DetectionThread = typeof makeDetection
serveThread(makeDetection)
