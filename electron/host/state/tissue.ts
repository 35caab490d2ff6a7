import {
  FailureError,
  meanMpp,
  type Region,
  type TissueArea,
  type TissueOutlines,
  message,
} from '../../contract/index.ts'
import { tissueForDisplay, applyArea, ringsOf, type TissuePicture } from '../../slides/index.ts'
import type { Project } from '../../store/index.ts'
import type { OpenSlides } from './openSlides.ts'
import { kindAt } from '../../../models/geometry/polygon.ts'
import { middlesOnSlide } from '../../../models/nuclei/nuclei.ts'

/** Assumed µm/px if the scale is unknown: that of a 40× scan. It affects only the resolution of the tissue picture. */
const usualMpp = 0.25

/** Which nuclei of a slide lie in areas that people took out of the tissue. */
export interface Outside {
  /** 1 for each nucleus that does, in the order of the slide's nuclei. */
  readonly column: Uint8Array<ArrayBuffer>
  readonly count: number
}

/**
 * An Outside with what it was computed from. It is valid while the nuclei and the tissue areas drawn by people stay the
 * same.
 */
interface KnownOutside extends Outside {
  readonly heads: unknown
  readonly areas: string
  /** The list of regions last checked. While it is the same object, the areas are the same. */
  regions: readonly Region[]
}

const isTakenOut = ({ kind }: TissueArea): boolean => kind === 'excluded'

/**
 * The tissue of each slide: found once in its overview, plus the areas that people added, minus those they took out.
 */
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

  /**
   * Makes sure that the slide's tissue is known. The first call reads the overview, which takes some tenths of a
   * second.
   */
  async find(slideId: number): Promise<void> {
    let finding = this.#finding.get(slideId)
    if (!finding) {
      const { info } = this.#project.slides.get(slideId)
      const mpp = info.mpp ? meanMpp(info.mpp) : usualMpp
      finding = this.#slides.reader(slideId).then((reader) => tissueForDisplay(reader, mpp))
      this.#finding.set(slideId, finding)
      // Do not cache a failure: the drive may come back.
      finding.catch(() => this.#finding.delete(slideId))
    }
    this.#found.set(slideId, await finding)
  }

  async outlines(slideId: number): Promise<TissueOutlines> {
    await this.find(slideId)
    let picture = this.#known(slideId)
    for (const area of this.areas(slideId)) picture = applyArea(picture, area)
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

  /**
   * Returns a function that says whether a point (level-0 pixels) is in the tissue. Areas drawn by people are exact to
   * the pixel. Call find() first.
   */
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
   * Returns the nuclei of a slide that no longer count because people took the tissue around them out. This is the only
   * place that decides it. Automatically found tissue has no influence, because nobody has checked it.
   */
  outside(slideId: number): Outside {
    const heads = this.#project.nuclei.heads(slideId)
    const regions = this.#project.regions.all()
    const known = this.#outside.get(slideId)
    if (known?.heads === heads && known.regions === regions) return known
    const areas = this.areas(slideId)
    if (known?.heads === heads && known.areas === JSON.stringify(areas)) {
      known.regions = regions
      return known
    }
    const said = kindAt(areas)
    const middles = middlesOnSlide(heads, this.#project.slides.get(slideId).info)
    const column = new Uint8Array(heads.count)
    let count = 0
    const last = areas.some(isTakenOut) ? column.length : 0
    for (let i = 0; i < last; i++) {
      if (said(middles.x(i), middles.y(i)) === 'excluded') count += column[i] = 1
    }
    const found = { column, count, heads, areas: JSON.stringify(areas), regions }
    this.#outside.set(slideId, found)
    return found
  }

  /** Returns the number of nuclei outside. Does not read the nuclei of a slide from which no tissue was taken out. */
  countOutside(slideId: number): number {
    return this.areas(slideId).some(isTakenOut) ? this.outside(slideId).count : 0
  }

  /**
   * Returns the areas that people added to a slide's tissue or took out of it, in the order in which they were drawn.
   */
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
