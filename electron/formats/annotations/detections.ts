import { type LeftOutCount } from '../../contract/index.ts'
import { Skips } from './skips.ts'
import { centroidAndArea } from '../../../models/geometry/polygon.ts'

/** What another system found on a picture: where, and of which class. Pixels. */
export interface Detections {
  /** x, y per nucleus. */
  readonly centroids: Float64Array
  /** Class as the file names it (HoVer-Net: its number), undefined where it has none. */
  readonly className: readonly (string | undefined)[]
  readonly skipped: readonly LeftOutCount[]
}

/** Collects detections from a file, in the order they come. */
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
  /** With what was left out elsewhere in the file. */
  finish(others: Skips = new Skips()): Detections {
    for (const { reason, count } of others.list()) this.skips.add(reason, count)
    return {
      centroids: Float64Array.from(this.centroids),
      className: this.className,
      skipped: this.skips.list(),
    }
  }
}
