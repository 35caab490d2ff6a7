import { FailureError, isInPolygon, type Region, type RegionKind, type TissueOutlines } from '../contract/index.ts'
import { findTissue, painted, ringsOf, type TissuePicture } from '../slides/index.ts'
import type { Project } from '../store/index.ts'
import type { OpenSlides } from './openSlides.ts'

/** Stands in for an unknown scale: that of a 40× scan. Only how fine the picture is depends on it. */
const usualMpp = 0.25

/** Where the tissue of each slide is: found once in its overview, with the areas that people added and took out. */
export class Tissue {
  readonly #project: Project
  readonly #slides: OpenSlides
  readonly #finding = new Map<number, Promise<TissuePicture>>()
  readonly #found = new Map<number, TissuePicture>()

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
      finding = this.#slides.reader(slideId).then((reader) => findTissue(reader, mpp))
      this.#finding.set(slideId, finding)
      // A failure is not kept: the drive may come back.
      finding.catch(() => this.#finding.delete(slideId))
    }
    this.#found.set(slideId, await finding)
  }

  async outlines(slideId: number): Promise<TissueOutlines> {
    await this.find(slideId)
    const { added, excluded } = this.areas(slideId)
    let picture = this.#known(slideId)
    for (const polygon of added) picture = painted(picture, polygon, 1)
    for (const polygon of excluded) picture = painted(picture, polygon, 0)
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
    const { added, excluded } = this.areas(slideId)
    return (x, y) => {
      if (excluded.some((polygon) => isInPolygon(polygon, x, y))) return false
      const [column, row] = [Math.floor(x / scale[0]), Math.floor(y / scale[1])]
      const isOn = column >= 0 && row >= 0 && column < width && row < height
      return (isOn && mask[row * width + column] === 1) || added.some((polygon) => isInPolygon(polygon, x, y))
    }
  }

  /** What people added to the tissue of a slide and took out of it: polygons. */
  areas(slideId: number): { added: number[][]; excluded: number[][] } {
    const of = (kind: RegionKind, regions: readonly Region[]) =>
      regions.filter((region) => region.slideId === slideId && region.kind === kind).map(({ outline }) => outline)
    const regions = this.#project.regions.all()
    return { added: of('added', regions), excluded: of('excluded', regions) }
  }

  #known(slideId: number): TissuePicture {
    const found = this.#found.get(slideId)
    if (!found) throw new FailureError('empty', 'The tissue of this slide is not known yet. Show it first.')
    return found
  }
}
