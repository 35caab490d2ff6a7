import { type LeftOutCount } from '../../contract/index.ts'
import { Skips } from './skips.ts'
import { centroidAndArea } from '../../../models/geometry/polygon.ts'

/** Positions (pixels) and classes of the nuclei that another system found on an image. */
export interface Detections {
  /** x, y per nucleus. */
  readonly centroids: Float64Array
  /** Class as named in the file (HoVer-Net: its number); undefined if it has none. */
  readonly className: readonly (string | undefined)[]
  readonly skipped: readonly LeftOutCount[]
}

/** Collects detections from a file, in file order. */
export class FoundDetections {
  readonly centroids: number[] = []
  readonly className: (string | undefined)[] = []
  readonly skips = new Skips()
  add(x: number, y: number, className: string | undefined): void {
    this.centroids.push(x, y)
    this.className.push(className)
  }
  addRing(ring: readonly number[], className: string | undefined): void {
    const { x, y } = centroidAndArea(Float32Array.from(ring), 0, ring.length / 2)
    this.add(x, y, className)
  }
  /** Returns the detections. `others` counts what was left out elsewhere in the file. */
  finish(others: Skips = new Skips()): Detections {
    for (const { reason, count } of others.list()) this.skips.add(reason, count)
    return {
      centroids: Float64Array.from(this.centroids),
      className: this.className,
      skipped: this.skips.list(),
    }
  }
}
