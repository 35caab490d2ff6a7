import { FailureError, nucleusSources, classColours, type ClassifiedNuclei, message } from '../../contract/index.ts'

/** One nucleus as read from a file. */
export interface ReadNucleus {
  /** Flat list x, y, x, y … in level-0 pixels; the first point is not repeated at the end. */
  readonly ring: ArrayLike<number>
  readonly className?: string
  /** #rrggbb */
  readonly color?: string
  readonly probabilities?: ReadonlyMap<string, number>
  readonly labelled?: boolean
}

/**
 * Up to this coordinate (px) float32 resolves 0.01 px. Coordinates on larger slides count from the middle, which
 * doubles the range.
 */
const maxExactCoordinate = 131_072

const blockLength = 1 << 16

/** A list of float32 numbers that is stored in blocks, so that it grows without copying. */
class GrowingFloats {
  length = 0
  private readonly blocks: Float32Array[] = []

  push(value: number): void {
    const at = this.length++ % blockLength
    if (at === 0) this.blocks.push(new Float32Array(blockLength))
    this.blocks[this.blocks.length - 1][at] = value
  }

  get(index: number): number {
    return this.blocks[Math.floor(index / blockLength)][index % blockLength]
  }
}

/** Collects nuclei from a file into columns, in file order. */
export class NucleusColumns {
  count = 0
  private readonly origin: [number, number]
  private readonly outline = new GrowingFloats()
  private readonly outlineStart: number[] = [0]
  private readonly classIndex: number[] = []
  private readonly classes = new Map<string, { index: number; color: string | undefined }>()
  private readonly probabilityColumns = new Map<string, GrowingFloats>()
  private readonly labelled: number[] = []
  private anyLabelKnown = false

  constructor(slideSize: { width: number; height: number }) {
    const middle = (length: number) => (length <= maxExactCoordinate ? 0 : Math.floor(length / 2))
    this.origin = [middle(slideSize.width), middle(slideSize.height)]
  }

  add(nucleus: ReadNucleus): void {
    const { ring, className, color, probabilities, labelled } = nucleus
    for (let k = 0; k < ring.length; k++) this.outline.push(ring[k] - this.origin[k & 1])
    this.outlineStart.push(this.outline.length / 2)
    this.classIndex.push(className === undefined ? -1 : this.classOf(className, color))
    this.labelled.push(labelled ? 1 : 0)
    this.anyLabelKnown ||= labelled !== undefined
    for (const [name, p] of probabilities ?? []) {
      let column = this.probabilityColumns.get(name)
      if (!column) this.probabilityColumns.set(name, (column = new GrowingFloats()))
      while (column.length < this.count) column.push(0)
      column.push(p)
    }
    this.count++
  }

  private classOf(name: string, color: string | undefined): number {
    let known = this.classes.get(name)
    if (!known) {
      if (this.classes.size === 32_767)
        throw new FailureError('unsupported', message('tooManyClasses', { most: 32_767 }))
      this.classes.set(name, (known = { index: this.classes.size, color }))
    }
    known.color ??= color
    return known.index
  }

  /** Returns the columns of the nuclei whose flag in `keep` is 1 (all if absent). */
  finish(keep?: Uint8Array): ClassifiedNuclei {
    const rows: number[] = []
    for (let i = 0; i < this.count; i++) if (!keep || keep[i]) rows.push(i)
    const count = rows.length
    const outlineStart = new Uint32Array(count + 1)
    rows.forEach((i, k) => (outlineStart[k + 1] = outlineStart[k] + this.outlineStart[i + 1] - this.outlineStart[i]))
    const outline = new Float32Array(2 * outlineStart[count])
    const box = new Float32Array(4 * count)
    rows.forEach((i, k) => {
      let [xmin, ymin, xmax, ymax] = [Infinity, Infinity, -Infinity, -Infinity]
      for (let p = this.outlineStart[i], to = 2 * outlineStart[k]; p < this.outlineStart[i + 1]; p++, to += 2) {
        const x = (outline[to] = this.outline.get(2 * p))
        const y = (outline[to + 1] = this.outline.get(2 * p + 1))
        xmin = Math.min(xmin, x)
        ymin = Math.min(ymin, y)
        xmax = Math.max(xmax, x)
        ymax = Math.max(ymax, y)
      }
      box.set([xmin, ymin, xmax, ymax], 4 * k)
    })
    return {
      nuclei: {
        count,
        origin: Float64Array.from(this.origin),
        id: new Uint32Array(count),
        box,
        outlineStart,
        outline,
        source: new Uint8Array(count).fill(nucleusSources.indexOf('imported')),
      },
      classes: [...this.classes].map(([name, c]) => ({
        name,
        color: c.color ?? classColours[c.index % classColours.length],
      })),
      classIndex: Int16Array.from(rows, (i) => this.classIndex[i]),
      ...this.probabilities(rows),
      ...(this.anyLabelKnown && { labelled: Uint8Array.from(rows, (i) => this.labelled[i]) }),
    }
  }

  private probabilities(rows: number[]): Pick<ClassifiedNuclei, 'probabilities' | 'probabilityClasses'> {
    const columns = [...this.probabilityColumns.values()]
    if (columns.length === 0) return {}
    const probabilities = new Float32Array(rows.length * columns.length)
    columns.forEach((column, c) =>
      rows.forEach((i, k) => {
        if (i < column.length) probabilities[k * columns.length + c] = column.get(i)
      }),
    )
    return { probabilities, probabilityClasses: [...this.probabilityColumns.keys()] }
  }
}
