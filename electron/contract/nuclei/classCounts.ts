import type { ShownClasses } from './displayed.ts'

export interface ClassCount {
  nuclei: number
  labelled: number
  /** Nuclei whose class is the model's, which is not sure of it. */
  uncertain: number
}

/** Counts of nuclei, human labels and uncertain nuclei by shown class, without nuclei outside the tissue. Updated nucleus by nucleus. */
export class ClassCounts {
  // Flat tables count a million nuclei in milliseconds. A Map needs tenths of a second.
  readonly #nuclei = new Uint32Array(65_536)
  readonly #labelled = new Uint32Array(65_536)
  readonly #uncertain = new Uint32Array(65_536)

  /** Adds nucleus i of shown columns to the counts (`by` 1) or removes it (−1). */
  add({ classId, labelled, uncertain, outside }: ShownClasses, i: number, by: 1 | -1): void {
    if (outside[i]) return
    this.#nuclei[classId[i]] += by
    this.#labelled[classId[i]] += by * labelled[i]
    this.#uncertain[classId[i]] += by * (uncertain[i] & ~labelled[i])
  }

  /** Resets the counts and counts all nuclei of shown columns. */
  addAll({ count, classId, labelled, uncertain, outside }: ShownClasses): void {
    this.#nuclei.fill(0)
    this.#labelled.fill(0)
    this.#uncertain.fill(0)
    for (let i = 0; i < count; i++) {
      if (outside[i]) continue
      this.#nuclei[classId[i]]++
      this.#labelled[classId[i]] += labelled[i]
      this.#uncertain[classId[i]] += uncertain[i] & ~labelled[i]
    }
  }

  /** Returns the counts by class id (0 = unclassified), without classes that have no nuclei. */
  byClass(): Map<number, ClassCount> {
    const counts = new Map<number, ClassCount>()
    for (let id = 0; id < this.#nuclei.length; id++)
      if (this.#nuclei[id] > 0)
        counts.set(id, { nuclei: this.#nuclei[id], labelled: this.#labelled[id], uncertain: this.#uncertain[id] })
    return counts
  }
}
