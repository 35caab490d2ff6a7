const digit = 65_536

/**
 * Sorts positions by a key, ascending; equal keys keep their order. Keys are integers, 0 … 2³² − 1. This is a radix
 * sort by 16 bits at a time. For a million nuclei it takes a twentieth of the time of a comparison sort, and the host
 * answers no request while it sorts.
 */
export function ascending(positions: Uint32Array, key: (i: number) => number): Uint32Array {
  const keys = new Uint32Array(positions.length)
  let largest = 0
  for (let k = 0; k < keys.length; k++) {
    keys[k] = key(positions[k])
    if (keys[k] > largest) largest = keys[k]
  }
  const once = pass({ positions, keys }, 0)
  return largest < digit ? once.positions : pass(once, 16).positions
}

function pass(
  { positions, keys }: { positions: Uint32Array; keys: Uint32Array },
  shift: 0 | 16,
): { positions: Uint32Array; keys: Uint32Array } {
  const next = new Uint32Array(digit + 1)
  for (let k = 0; k < keys.length; k++) next[((keys[k] >>> shift) & (digit - 1)) + 1]++
  for (let d = 0; d < digit; d++) next[d + 1] += next[d]
  const sorted = { positions: new Uint32Array(positions.length), keys: new Uint32Array(keys.length) }
  for (let k = 0; k < keys.length; k++) {
    const at = next[(keys[k] >>> shift) & (digit - 1)]++
    sorted.positions[at] = positions[k]
    sorted.keys[at] = keys[k]
  }
  return sorted
}

/** Returns the positions for which `holds` is true. A typed array's own filter() takes several times as long. */
export function those(positions: Uint32Array, holds: (i: number) => boolean): Uint32Array<ArrayBuffer> {
  const found = new Uint32Array(positions.length)
  let n = 0
  for (let k = 0; k < positions.length; k++) if (holds(positions[k])) found[n++] = positions[k]
  return found.slice(0, n)
}
