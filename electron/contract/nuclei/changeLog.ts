/**
 * Largest number of positions, and of versions, that a log remembers. Whoever is further behind fetches everything
 * again.
 */
const mostPositions = 262_144
const mostVersions = 1_024

/**
 * Records which positions of some columns changed in which version, so that a reader with an older version needs only
 * the changes. The host has one for each slide's shown classes. The page has one for what it draws of them.
 */
export class ChangeLog {
  #version = 0
  /** The oldest version since which all changes are known. */
  #from = 0
  #positions = 0
  readonly #changes: Uint32Array[] = []

  /** Increases by one with every change. */
  get version(): number {
    return this.#version
  }

  /** Adds a version in which the values at `positions` may have changed; null: any of them. */
  add(positions: Uint32Array | null): void {
    this.#version++
    if (positions === null) {
      this.#changes.length = this.#positions = 0
      this.#from = this.#version
      return
    }
    this.#changes.push(positions)
    this.#positions += positions.length
    while (this.#positions > mostPositions || this.#changes.length > mostVersions) {
      this.#positions -= this.#changes.shift()?.length ?? 0
      this.#from++
    }
  }

  /** Returns the positions that may have changed after `version`, ascending and unique. null: any of them. */
  since(version: number): Uint32Array | null {
    if (version < this.#from || version > this.#version) return null
    const later = this.#changes.slice(version - this.#from)
    if (later.length === 1) return uniqueAscending(later[0])
    const all = new Uint32Array(later.reduce((sum, positions) => sum + positions.length, 0))
    let at = 0
    for (const positions of later) {
      all.set(positions, at)
      at += positions.length
    }
    return uniqueAscending(all)
  }
}

/** Returns the numbers in ascending order without duplicates. */
export function uniqueAscending(numbers: Uint32Array): Uint32Array {
  if (numbers.every((n, k) => k === 0 || n > numbers[k - 1])) return numbers
  const sorted = numbers.toSorted()
  return sorted.filter((n, k) => k === 0 || n > sorted[k - 1])
}
