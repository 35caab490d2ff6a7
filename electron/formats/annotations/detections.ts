import { type LeftOutCount } from '../../contract/index.ts'
import { ClassColumns } from './classColumns.ts'
import type { ClassNames, NucleusRecord } from './importer.ts'
import { middleOf } from './middle.ts'
import { Skips } from './skips.ts'

/** Positions (pixels) and classes of the nuclei that another system found on an image. */
export interface Detections {
  /** x, y per nucleus. */
  readonly centroids: Float64Array
  /** Class as named in the file (HoVer-Net: its number); undefined if it has none. */
  readonly className: readonly (string | undefined)[]
  readonly skipped: readonly LeftOutCount[]
  /** Names of the properties that nuclei without a class have, to tell where a class may be. */
  readonly properties: readonly string[]
}

/** Collects the positions and classes of nuclei from a file, in file order. */
export class FoundDetections {
  readonly skips = new Skips()
  readonly #centroids: number[] = []
  readonly #className: (string | undefined)[] = []
  readonly #names = new Map<string, string>()
  readonly #properties = new ClassColumns()

  add(record: NucleusRecord): void {
    const { outline, className, properties } = record
    const middle = middleOf(record)
    if (!middle) {
      if (outline && 'reason' in outline) this.skips.add(outline.reason, outline.count)
      else this.skips.add('pointsNowhere')
      return
    }
    if (className === undefined && properties) this.#properties.add(this.#className.length, properties)
    this.#centroids.push(middle.x, middle.y)
    this.#className.push(className)
  }

  addNames({ names }: ClassNames): void {
    for (const [from, to] of names ?? []) this.#names.set(from, to)
  }

  get count(): number {
    return this.#className.length
  }

  /** Returns the detections. `others` counts what was left out elsewhere in the file. */
  finish(others: Skips): Detections {
    for (const { reason, count } of others.list()) this.skips.add(reason, count)
    const found = this.#className.some((name) => name !== undefined) ? undefined : this.#properties.find()
    const nameOf = (name: string | undefined, i: number) => {
      const given = name ?? found?.classes[found.index[i] ?? -1]
      return given === undefined ? undefined : (this.#names.get(given) ?? given)
    }
    return {
      centroids: Float64Array.from(this.#centroids),
      className: this.#className.map(nameOf),
      skipped: this.skips.list(),
      properties: this.#properties.seen,
    }
  }
}
