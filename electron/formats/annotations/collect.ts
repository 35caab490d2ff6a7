import { basename } from 'node:path'
import { FailureError, message, type ClassifiedNuclei, type Message } from '../../contract/index.ts'
import { validOutline } from '../../../models/geometry/validOutline.ts'
import { ClassColumns, classProperties } from './classColumns.ts'
import { FoundDetections, type Detections } from './detections.ts'
import type {
  ClassNames,
  Dots,
  FileRecord,
  NucleusRecord,
  OtherRecord,
  ReadAnnotations,
  SlideSize,
} from './importer.ts'
import { NucleusColumns } from './nucleusColumns.ts'
import { Skips } from './skips.ts'

/**
 * Gathers the records of a file into nuclei with outlines, and dots. Outlines are made valid. Every record, and every
 * part of an outline, that is left out or changed is counted under a reason.
 *
 * The class of a nucleus is what the format says. If no nucleus has one, it is looked for in the properties of the
 * features (see ClassColumns); a note says where it was found, or that there is none.
 */
export class CollectedAnnotations {
  readonly skips = new Skips()
  readonly #file: string
  readonly #slide: SlideSize
  readonly #columns: NucleusColumns
  readonly #properties = new ClassColumns()
  readonly #names = new Map<string, string>()
  readonly #colors = new Map<string, string>()
  readonly #notes: Message[] = []
  readonly #isRegion: number[] = []
  readonly #dots: {
    x: number
    y: number
    className?: string
    color?: string
    labelled?: boolean
    isRegion: boolean
  }[] = []
  readonly #dotProperties = new ClassColumns()
  readonly #bounds = new Bounds()
  #regions = 0
  /** Records that were meant to be nuclei. */
  #candidates = 0
  #outside = 0

  constructor(path: string, slide: SlideSize) {
    this.#file = basename(path)
    this.#slide = slide
    this.#columns = new NucleusColumns(slide)
  }

  add(record: FileRecord): void {
    if ('reason' in record) return this.#leaveOut(record)
    if (isClassNames(record)) {
      for (const [from, to] of record.names ?? []) this.#names.set(from, to)
      for (const [name, color] of record.colors ?? []) this.#colors.set(name, color)
      if (record.note) this.#notes.push(record.note)
      return
    }
    this.#candidates++
    if (!record.outline) return this.#addDot(record)
    const { outline, isRegion = false, properties } = record
    if ('reason' in outline) return this.skips.add(outline.reason, outline.count)
    if (outline.holes) this.skips.add('holes', outline.holes)
    if (outline.otherParts) this.skips.add('smallerParts', outline.otherParts)
    // Not by its middle: a nucleus that the slide's edge cuts, as detectors find them, may have it outside.
    if (this.#isOutside(...this.#bounds.add(outline.ring))) {
      this.#outside++
      return this.skips.add('outsideSlide')
    }
    const valid = validOutline(outline.ring)
    if (!valid) return this.skips.add('noArea')
    if (valid.isRepaired) this.skips.add('madeValid')
    if (record.className === undefined && properties) this.#properties.add(this.#columns.count, properties)
    this.#columns.add({ ...record, ring: valid.ring })
    this.#isRegion.push(isRegion ? 1 : 0)
    if (isRegion) this.#regions++
  }

  #leaveOut({ reason, count = 1, isOther }: OtherRecord): void {
    if (!isOther) this.#candidates++
    this.skips.add(reason, count)
  }

  #addDot({ centre, className, color, labelled, properties, isRegion = false }: NucleusRecord): void {
    if (!centre || !centre.every(Number.isFinite)) return this.skips.add('pointsNowhere')
    const [x, y] = centre
    if (this.#isOutside(...this.#bounds.add(centre))) {
      this.#outside++
      return this.skips.add('outsideSlide')
    }
    if (className === undefined && properties) this.#dotProperties.add(this.#dots.length, properties)
    this.#dots.push({ x, y, className, color, labelled, isRegion })
  }

  #isOutside(xmin: number, ymin: number, xmax: number, ymax: number): boolean {
    return xmax < 0 || ymax < 0 || xmin > this.#slide.width || ymin > this.#slide.height
  }

  /**
   * Returns everything read. Throws FailureError 'invalid-input' if nothing lies on the slide, and 'empty' if nothing is
   * an outline or a dot.
   */
  finish(): ReadAnnotations {
    const found = this.#columns.count + this.#dots.length
    if (found === 0 && this.#outside > 0)
      throw new FailureError(
        'invalid-input',
        message('noneOnSlide', {
          file: this.#file,
          nuclei: this.#outside,
          slide: [this.#slide.width, this.#slide.height],
          span: this.#bounds.span,
        }),
      )
    if (found === 0 && this.#candidates > 0)
      throw new FailureError('empty', message('noOutlines', { file: this.#file, left: this.skips.list() }))
    this.#findClasses()
    const dotClasses = this.#dots.map(({ className, color }) =>
      className === undefined ? -1 : this.#columns.classOf(className, color),
    )
    const index = this.#columns.rename(this.#names, this.#colors)
    const dots = this.#finishDots(dotClasses.map((c) => (c < 0 ? -1 : index[c])))
    return { classified: this.#finishOutlines(), dots, skipped: this.skips.list(), notes: this.#notes }
  }

  /** Takes the classes from a property of the features if no nucleus has a classification. */
  #findClasses(): void {
    if (this.#columns.hasClasses || this.#dots.some(({ className }) => className !== undefined)) return
    const found = this.#properties.find()
    if (found) this.#columns.setClasses(found.classes, found.index)
    const ofDots = this.#dotProperties.find()
    this.#dots.forEach((dot, i) => {
      const at = ofDots?.index[i] ?? -1
      if (at >= 0) dot.className = ofDots?.classes[at]
    })
    const property = found?.property ?? ofDots?.property
    if (property !== undefined) this.#notes.push(message('classesFromProperty', { file: this.#file, property }))
    else if (this.#columns.count + this.#dots.length > 0)
      this.#notes.push(
        message('noClassesInFile', {
          file: this.#file,
          looked: classProperties.slice(0, mostNamed),
          seen: [...new Set([...this.#properties.seen, ...this.#dotProperties.seen])].slice(0, mostNamed),
        }),
      )
  }

  /** Annotations are regions if the file has anything else. Without, they may be hand-drawn nuclei. */
  get #regionsAreNuclei(): boolean {
    return this.#columns.count === this.#regions && this.#dots.every((dot) => dot.isRegion)
  }

  #finishOutlines(): ClassifiedNuclei {
    if (this.#regions === 0 || this.#regionsAreNuclei) return this.#columns.finish()
    this.skips.add('besideDetections', this.#regions)
    return this.#columns.finish(Uint8Array.from(this.#isRegion, (flag) => 1 - flag))
  }

  #finishDots(classIndex: readonly number[]): Dots {
    const kept = [...this.#dots.keys()].filter((i) => this.#regionsAreNuclei || !this.#dots[i].isRegion)
    this.skips.add('besideDetections', this.#dots.length - kept.length)
    return {
      centres: Float64Array.from(kept.flatMap((i) => [this.#dots[i].x, this.#dots[i].y])),
      classIndex: Int16Array.from(kept, (i) => classIndex[i]),
      ...(this.#dots.some(({ labelled }) => labelled !== undefined) && {
        labelled: Uint8Array.from(kept, (i) => (this.#dots[i].labelled ? 1 : 0)),
      }),
    }
  }
}

/** So many names of properties are said. */
const mostNamed = 12

const isClassNames = (record: FileRecord): record is ClassNames =>
  'names' in record || 'colors' in record || 'note' in record

/** Bounds of all outlines in the file. If none is on the slide, the failure tells where they are. */
class Bounds {
  #xmin = Infinity
  #ymin = Infinity
  #xmax = -Infinity
  #ymax = -Infinity
  /** Adds a flat ring. Returns the ring's own bounds. */
  add(ring: ArrayLike<number>): readonly [xmin: number, ymin: number, xmax: number, ymax: number] {
    let [xmin, ymin, xmax, ymax] = [Infinity, Infinity, -Infinity, -Infinity]
    for (let k = 0; k < ring.length; k += 2) {
      xmin = Math.min(xmin, ring[k])
      xmax = Math.max(xmax, ring[k])
      ymin = Math.min(ymin, ring[k + 1])
      ymax = Math.max(ymax, ring[k + 1])
    }
    this.#xmin = Math.min(this.#xmin, xmin)
    this.#ymin = Math.min(this.#ymin, ymin)
    this.#xmax = Math.max(this.#xmax, xmax)
    this.#ymax = Math.max(this.#ymax, ymax)
    return [xmin, ymin, xmax, ymax]
  }
  get span(): { x: [number, number]; y: [number, number] } {
    return { x: [this.#xmin, this.#xmax], y: [this.#ymin, this.#ymax] }
  }
}

/** Reads a file's nuclei as positions with classes: the centre of each, else the centroid of its outline. */
export async function collectDetections(records: AsyncIterable<readonly FileRecord[]>): Promise<Detections> {
  const [detections, regions] = [new FoundDetections(), new FoundDetections()]
  for await (const batch of records)
    for (const record of batch) {
      if ('reason' in record) detections.skips.add(record.reason, record.count)
      else if (isClassNames(record)) {
        detections.addNames(record)
        regions.addNames(record)
      } else (record.isRegion ? regions : detections).add(record)
    }
  if (detections.count === 0) return regions.finish(detections.skips)
  detections.skips.add('besideDetections', regions.count)
  return detections.finish(regions.skips)
}
