import { uniqueAscending } from '../../../electron/contract/nuclei/changeLog.ts'

/** Finds the positions of nuclei in the columns of a slide by id. */
export class Places {
  readonly id: Uint32Array
  /** Position + 1, indexed by id − lowest; 0 if there is no such nucleus. Built on first use. */
  #table: { readonly lowest: number; readonly position: Uint32Array } | undefined

  constructor(id: Uint32Array) {
    this.id = id
  }

  /** Returns the position of a nucleus, or −1 if it is not on the slide. */
  at(id: number): number {
    const { lowest, position } = (this.#table ??= tableOf(this.id))
    return (position[id - lowest] ?? 0) - 1
  }

  /**
   * Returns the positions of the given nuclei, ascending and without duplicates. Ids that are not on the slide are
   * skipped.
   */
  of(ids: readonly number[]): Uint32Array {
    return uniqueAscending(Uint32Array.from(ids, (id) => this.at(id) + 1).filter((at) => at > 0)).map((at) => at - 1)
  }
}

/**
 * Builds the lookup table. The ids of a slide lie close together, so a flat table finds a million of them in
 * milliseconds; a Map takes a third of a second.
 */
function tableOf(ids: Uint32Array) {
  let [lowest, highest] = [Infinity, -Infinity]
  for (const id of ids) {
    if (id < lowest) lowest = id
    if (id > highest) highest = id
  }
  const position = new Uint32Array(ids.length > 0 ? highest - lowest + 1 : 0)
  for (let i = 0; i < ids.length; i++) position[ids[i] - lowest] = i + 1
  return { lowest, position }
}
