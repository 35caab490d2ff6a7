import type { ShownClasses } from './displayed.ts'

export interface ClassCount {
  nuclei: number
  labelled: number
}

/** Nuclei and human labels by shown class, of those that lie in the tissue; kept up nucleus by nucleus. */
export class ClassCounts {
  // Flat tables: a million nuclei are counted in milliseconds, in a Map in tenths of a second.
  readonly #nuclei = new Uint32Array(65_536)
  readonly #labelled = new Uint32Array(65_536)

  /** Takes in nucleus i of shown columns (`by` 1) or takes it out again (−1). */
  add({ classId, labelled, outside }: ShownClasses, i: number, by: 1 | -1): void {
    if (outside[i]) return
    this.#nuclei[classId[i]] += by
    this.#labelled[classId[i]] += by * labelled[i]
  }

  /** Counts all nuclei of shown columns, and nothing else any more. */
  addAll({ count, classId, labelled, outside }: ShownClasses): void {
    this.#nuclei.fill(0)
    this.#labelled.fill(0)
    for (let i = 0; i < count; i++) {
      if (outside[i]) continue
      this.#nuclei[classId[i]]++
      this.#labelled[classId[i]] += labelled[i]
    }
  }

  /** By class id (0 = unclassified), classes without nuclei left out. */
  byClass(): Map<number, ClassCount> {
    const counts = new Map<number, ClassCount>()
    for (let id = 0; id < this.#nuclei.length; id++)
      if (this.#nuclei[id] > 0) counts.set(id, { nuclei: this.#nuclei[id], labelled: this.#labelled[id] })
    return counts
  }
}
