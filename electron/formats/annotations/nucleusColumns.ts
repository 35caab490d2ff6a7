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
  readonly measurements?: readonly (readonly [string, number])[]
  /** UUID */
  readonly id?: string
}

/**
 * Up to this coordinate (px) float32 resolves 0.01 px. Coordinates on larger slides count from the middle, which
 * doubles the range.
 */
const maxExactCoordinate = 131_072

const blockLength = 1 << 16

/** A list of numbers that is stored in blocks, so that it grows without copying. */
class Growing<Block extends Float32Array | Float64Array | Uint32Array | Int16Array | Uint8Array> {
  length = 0
  readonly #blocks: (Block | undefined)[] = []
  readonly #make: (length: number) => Block
  #last: Block | undefined

  constructor(make: (length: number) => Block) {
    this.#make = make
  }

  push(value: number): void {
    const at = this.length++ % blockLength
    if (at === 0) this.#blocks.push((this.#last = this.#make(blockLength)))
    this.#last![at] = value
  }

  get(index: number): number {
    return this.#blocks[Math.floor(index / blockLength)]![index % blockLength]
  }

  set(index: number, value: number): void {
    this.#blocks[Math.floor(index / blockLength)]![index % blockLength] = value
  }

  /** Returns all numbers in one array. Each block's memory is freed as it is copied, so that there is never a second copy. */
  take(): Block {
    const all = this.#make(this.length)
    for (let b = 0; b < this.#blocks.length; b++) {
      const block = this.#blocks[b]!
      all.set(block.subarray(0, this.length - b * blockLength), b * blockLength)
      this.#blocks[b] = undefined
      // Frees the memory at once. Left to the garbage collector, it would stay until the next large collection.
      ;(block.buffer as ArrayBuffer).transfer(0)
    }
    return all
  }
}

/** Coordinates of outlines: most of a file. */
class OutlinePoints {
  length = 0
  readonly #blocks: Float32Array[] = []
  /** Numbers in the last block. */
  #filled = 0

  /** Adds flat points x, y, …, moved by −[x0, y0]. */
  push(points: ArrayLike<number>, x0: number, y0: number): void {
    for (let k = 0; k < points.length;) {
      let block = this.#blocks.at(-1)
      if (!block || this.#filled === block.length) {
        // From 32 MB on, the C library gives memory back to the system when it is freed. Smaller blocks would stay.
        this.#blocks.push((block = new Float32Array(this.#blocks.length < 16 ? blockLength : 1 << 23)))
        this.#filled = 0
      }
      const end = Math.min(points.length, k + block.length - this.#filled)
      this.length += end - k
      for (; k < end; k++, this.#filled++) block[this.#filled] = points[k] - (k & 1 ? y0 : x0)
    }
  }

  /** Returns all numbers in one array. Each block's memory is freed as it is copied, so that there is never a second copy. */
  take(): Float32Array {
    const all = new Float32Array(this.length)
    let at = 0
    for (const block of this.#blocks.splice(0)) {
      all.set(block.subarray(0, Math.min(block.length, this.length - at)), at)
      at += block.length
      // Frees the memory at once. Left to the garbage collector, it would stay until the next large collection.
      ;(block.buffer as ArrayBuffer).transfer(0)
    }
    return all
  }
}

const floats = () => new Growing((length) => new Float32Array(length))
const doubles = () => new Growing((length) => new Float64Array(length))

/** Collects nuclei from a file into columns, in file order. */
export class NucleusColumns {
  count = 0
  readonly #origin: [number, number]
  readonly #outline = new OutlinePoints()
  readonly #ends = new Growing((length) => new Uint32Array(length))
  readonly #classIndex = new Growing((length) => new Int16Array(length))
  readonly #classes = new Map<string, { index: number; color: string | undefined }>()
  readonly #probabilities = new Map<string, ReturnType<typeof floats>>()
  readonly #measurements = new Map<string, ReturnType<typeof doubles>>()
  readonly #labelled = new Growing((length) => new Uint8Array(length))
  readonly #ids = new Growing((length) => new Uint8Array(length))
  #anyLabelKnown = false

  constructor(slideSize: { width: number; height: number }) {
    const middle = (length: number) => (length <= maxExactCoordinate ? 0 : Math.floor(length / 2))
    this.#origin = [middle(slideSize.width), middle(slideSize.height)]
  }

  add(nucleus: ReadNucleus): void {
    const { ring, className, color, probabilities, labelled, measurements, id } = nucleus
    this.#outline.push(ring, this.#origin[0], this.#origin[1])
    this.#ends.push(this.#outline.length / 2)
    this.#classIndex.push(className === undefined ? -1 : this.classOf(className, color))
    this.#labelled.push(labelled ? 1 : 0)
    this.#anyLabelKnown ||= labelled !== undefined
    for (const [name, p] of probabilities ?? []) put(this.#probabilities, name, this.count, p, 0, floats)
    for (const [name, value] of measurements ?? []) {
      // A limit, because a damaged file may give each nucleus names of its own.
      if (this.#measurements.size < 1000 || this.#measurements.has(name))
        put(this.#measurements, name, this.count, value, NaN, doubles)
    }
    if (id !== undefined && uuid.test(id)) {
      while (this.#ids.length < 16 * this.count) this.#ids.push(0)
      for (const byte of Buffer.from(id.replaceAll('-', ''), 'hex')) this.#ids.push(byte)
    }
    this.count++
  }

  /** Returns the index of a class, which is added if it is new. */
  classOf(name: string, color?: string): number {
    let known = this.#classes.get(name)
    if (!known) {
      if (this.#classes.size === 32_767)
        throw new FailureError('unsupported', message('tooManyClasses', { most: 32_767 }))
      this.#classes.set(name, (known = { index: this.#classes.size, color }))
    }
    known.color ??= color
    return known.index
  }

  /** Gives each nucleus a class: index into `names`, −1 or absent = none. */
  setClasses(names: readonly string[], index: readonly number[]): void {
    const own = names.map((name) => this.classOf(name))
    for (let i = 0; i < this.count; i++) if ((index[i] ?? -1) >= 0) this.#classIndex.set(i, own[index[i]])
  }

  /** Renames classes and gives them colours. Several may get the same name. Returns the new index of each. */
  rename(names: ReadonlyMap<string, string>, colors: ReadonlyMap<string, string>): number[] {
    const old = [...this.#classes]
    this.#classes.clear()
    const index = old.map(([name, { color }]) => {
      const to = names.get(name) ?? name
      return this.classOf(to, color ?? colors.get(to))
    })
    if (old.some((_, c) => index[c] !== c))
      for (let i = 0; i < this.count; i++)
        if (this.#classIndex.get(i) >= 0) this.#classIndex.set(i, index[this.#classIndex.get(i)])
    return index
  }

  /** Returns whether any nucleus has a class. */
  get hasClasses(): boolean {
    return this.#classes.size > 0
  }

  /** Returns the columns of the nuclei whose flag in `keep` is 1 (all if absent). Call it once: it empties this. */
  finish(keep?: ArrayLike<number>): ClassifiedNuclei {
    let outline = this.#outline.take()
    const ends = this.#ends.take()
    const classIndex = this.#classIndex.take()
    const rows = keep ? Uint32Array.from(ends.keys()).filter((i) => keep[i]) : undefined
    const count = rows?.length ?? this.count
    const outlineStart = new Uint32Array(count + 1)
    if (rows) {
      // Moved towards the start in place: a copy of all outlines would double the memory.
      let to = 0
      rows.forEach((i, k) => {
        const [from, end] = [i === 0 ? 0 : 2 * ends[i - 1], 2 * ends[i]]
        outline.copyWithin(to, from, end)
        to += end - from
        outlineStart[k + 1] = to / 2
      })
      outline = outline.slice(0, to)
    } else outlineStart.set(ends, 1)
    const of = <T extends Int16Array | Uint8Array>(column: T): T => (rows ? (taken(column, rows, 1) as T) : column)
    const ids = this.#ids.length > 0 ? this.#takeIds() : undefined
    const all = <T extends Float32Array | Float64Array>(
      columns: ReadonlyMap<string, { take(): T }>,
      none: number,
      make: (n: number) => T,
    ) => rowsOf(columns, this.count, rows, none, make)
    return {
      nuclei: {
        count,
        origin: Float64Array.from(this.#origin),
        id: new Uint32Array(count),
        box: boxesOf(outline, outlineStart),
        outlineStart,
        outline,
        source: new Uint8Array(count).fill(nucleusSources.indexOf('imported')),
      },
      classes: [...this.#classes].map(([name, c]) => ({
        name,
        color: c.color ?? classColours[c.index % classColours.length],
      })),
      classIndex: of(classIndex),
      ...(this.#probabilities.size > 0 && {
        probabilities: all(this.#probabilities, 0, (n) => new Float32Array(n)),
        probabilityClasses: [...this.#probabilities.keys()],
      }),
      ...(this.#measurements.size > 0 && {
        measurements: {
          names: [...this.#measurements.keys()],
          values: all(this.#measurements, NaN, (n) => new Float64Array(n)),
        },
      }),
      ...(this.#anyLabelKnown && { labelled: of(this.#labelled.take()) }),
      ...(ids && { uuid: rows ? taken(ids, rows, 16) : ids }),
    }
  }

  #takeIds(): Uint8Array {
    while (this.#ids.length < 16 * this.count) this.#ids.push(0)
    return this.#ids.take()
  }
}

const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Writes a value of nucleus i into the column of a name. Nuclei before it that have none get `none`. */
function put<C extends { length: number; push(value: number): void; set(index: number, value: number): void }>(
  columns: Map<string, C>,
  name: string,
  i: number,
  value: number,
  none: number,
  make: () => C,
): void {
  let column = columns.get(name)
  if (!column) columns.set(name, (column = make()))
  while (column.length < i) column.push(none)
  if (column.length === i) column.push(value)
  else column.set(i, value)
}

/** Returns `width` numbers of each row. */
function taken<T extends Int16Array | Uint8Array>(column: T, rows: Uint32Array, width: number): T {
  const some = column.slice(0, rows.length * width) as T
  rows.forEach((i, k) => some.set(column.subarray(i * width, (i + 1) * width), k * width))
  return some
}

/** Returns the columns row by row: rows × columns. */
function rowsOf<T extends Float32Array | Float64Array>(
  columns: ReadonlyMap<string, { take(): T }>,
  count: number,
  rows: Uint32Array | undefined,
  none: number,
  make: (length: number) => T,
): T {
  const values = make((rows?.length ?? count) * columns.size)
  let c = 0
  for (const column of columns.values()) {
    const all = column.take()
    for (let k = 0; k < values.length / columns.size; k++)
      values[k * columns.size + c] = all[rows ? rows[k] : k] ?? none
    c++
  }
  return values
}

function boxesOf(outline: Float32Array, outlineStart: Uint32Array): Float32Array {
  const count = outlineStart.length - 1
  const box = new Float32Array(4 * count)
  for (let i = 0; i < count; i++) {
    let [xmin, ymin, xmax, ymax] = [Infinity, Infinity, -Infinity, -Infinity]
    for (let p = 2 * outlineStart[i]; p < 2 * outlineStart[i + 1]; p += 2) {
      const [x, y] = [outline[p], outline[p + 1]]
      if (x < xmin) xmin = x
      if (y < ymin) ymin = y
      if (x > xmax) xmax = x
      if (y > ymax) ymax = y
    }
    box[4 * i] = xmin
    box[4 * i + 1] = ymin
    box[4 * i + 2] = xmax
    box[4 * i + 3] = ymax
  }
  return box
}
