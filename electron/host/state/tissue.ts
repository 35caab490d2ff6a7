import { FailureError, type Region, type TissueArea, type TissueOutlines, message } from '../../contract/index.ts'
import { tissueForDisplay, painted, ringsOf, type TissuePicture } from '../../slides/index.ts'
import type { Project } from '../../store/index.ts'
import type { OpenSlides } from './openSlides.ts'
import { kindAt } from '../../../models/geometry/polygon.ts'

/** Stands in for an unknown scale: that of a 40× scan. Only how fine the picture is depends on it. */
const usualMpp = 0.25

/** Which nuclei of a slide lie where people took the tissue out. */
export interface Outside {
  /** 1 for each that does, in the order of the slide's nuclei. */
  readonly column: Uint8Array<ArrayBuffer>
  readonly count: number
}

/** What an Outside was worked out from: it holds while the nuclei and what people said of the tissue are the same. */
interface KnownOutside extends Outside {
  readonly heads: unknown
  readonly areas: string
  /** Looked at last: while the list is the same, so are the areas. */
  regions: readonly Region[]
}

const isTakenOut = ({ kind }: TissueArea): boolean => kind === 'excluded'

/** Where the tissue of each slide is: found once in its overview, with the areas that people added and took out. */
export class Tissue {
  readonly #project: Project
  readonly #slides: OpenSlides
  readonly #finding = new Map<number, Promise<TissuePicture>>()
  readonly #found = new Map<number, TissuePicture>()
  readonly #outside = new Map<number, KnownOutside>()

  constructor(project: Project, slides: OpenSlides) {
    this.#project = project
    this.#slides = slides
  }

  /** Sees to it that the slide's tissue is known. Reads its overview the first time: some tenths of a second. */
  async find(slideId: number): Promise<void> {
    let finding = this.#finding.get(slideId)
    if (!finding) {
      const { info } = this.#project.slides.get(slideId)
      const mpp = info.mpp ? Math.sqrt(info.mpp.x * info.mpp.y) : usualMpp
      finding = this.#slides.reader(slideId).then((reader) => tissueForDisplay(reader, mpp))
      this.#finding.set(slideId, finding)
      // A failure is not kept: the drive may come back.
      finding.catch(() => this.#finding.delete(slideId))
    }
    this.#found.set(slideId, await finding)
  }

  async outlines(slideId: number): Promise<TissueOutlines> {
    await this.find(slideId)
    let picture = this.#known(slideId)
    for (const area of this.areas(slideId)) picture = painted(picture, area)
    const rings = ringsOf(picture)
    const { mpp } = this.#project.slides.get(slideId).info
    const pixels = picture.mask.reduce((sum, one) => sum + one, 0) * picture.scale[0] * picture.scale[1]
    const xy = new Float32Array(rings.reduce((sum, ring) => sum + ring.length, 0))
    let at = 0
    for (const ring of rings) {
      xy.set(ring, at)
      at += ring.length
    }
    return {
      area: mpp ? (pixels * mpp.x * mpp.y) / 1e6 : NaN,
      xy,
      lengths: Uint32Array.from(rings, (ring) => ring.length / 2),
    }
  }

  /** Tells whether a point (level-0 pixels) lies in the tissue; people's areas to the pixel. After find(). */
  holds(slideId: number): (x: number, y: number) => boolean {
    const { width, height, scale, mask } = this.#known(slideId)
    const said = kindAt(this.areas(slideId))
    return (x, y) => {
      const word = said(x, y)
      if (word) return word === 'added'
      const [column, row] = [Math.floor(x / scale[0]), Math.floor(y / scale[1])]
      const isOn = column >= 0 && row >= 0 && column < width && row < height
      return isOn && mask[row * width + column] === 1
    }
  }

  /**
   * The nuclei of a slide that count no more because people took the tissue out around them: the one place that decides it.
   * What was found automatically has no say in it: nobody has looked at that.
   */
  outside(slideId: number): Outside {
    const heads = this.#project.nuclei.heads(slideId)
    const regions = this.#project.regions.all()
    const known = this.#outside.get(slideId)
    if (known?.heads === heads && known.regions === regions) return known
    const { box, origin } = heads
    const areas = this.areas(slideId)
    if (known?.heads === heads && known.areas === JSON.stringify(areas)) {
      known.regions = regions
      return known
    }
    const said = kindAt(areas)
    const column = new Uint8Array(heads.count)
    let count = 0
    const last = areas.some(isTakenOut) ? column.length : 0
    for (let i = 0; i < last; i++) {
      const x = (box[4 * i] + box[4 * i + 2]) / 2 + origin[0]
      const y = (box[4 * i + 1] + box[4 * i + 3]) / 2 + origin[1]
      if (said(x, y) === 'excluded') count += column[i] = 1
    }
    const found = { column, count, heads, areas: JSON.stringify(areas), regions }
    this.#outside.set(slideId, found)
    return found
  }

  /** How many they are; a slide that nothing was taken out of is not read for it. */
  countOutside(slideId: number): number {
    return this.areas(slideId).some(isTakenOut) ? this.outside(slideId).count : 0
  }

  /** What people added to the tissue of a slide and took out of it, in the order in which they did. */
  areas(slideId: number): TissueArea[] {
    return this.#project.regions
      .all()
      .flatMap(({ slideId: on, kind, outline }) => (on === slideId && kind !== 'interest' ? [{ kind, outline }] : []))
  }

  #known(slideId: number): TissuePicture {
    const found = this.#found.get(slideId)
    if (!found) throw new FailureError('empty', message('noTissue'))
    return found
  }
}
