/** Returns a mask without pieces and without holes of fewer than `least` pixels (neighbours share a side). */
export function removeSpecks(mask: Uint8Array, width: number, height: number, least: number): Uint8Array {
  const clean = mask.slice()
  // Pieces first: a speck in a hole is part of the hole.
  for (const value of [1, 0] as const) {
    const seen = new Uint8Array(clean.length)
    const piece = new Uint32Array(clean.length)
    for (let start = 0; start < clean.length; start++) {
      if (seen[start] || clean[start] !== value) continue
      let count = 0
      const take = (at: number) => {
        if (seen[at] || clean[at] !== value) return
        seen[at] = 1
        piece[count++] = at
      }
      take(start)
      for (let k = 0; k < count; k++) {
        const at = piece[k]
        const x = at % width
        if (x > 0) take(at - 1)
        if (x < width - 1) take(at + 1)
        if (at >= width) take(at - width)
        if (at < width * (height - 1)) take(at + width)
      }
      if (count < least) for (let k = 0; k < count; k++) clean[piece[k]] = value === 1 ? 0 : 1
    }
  }
  return clean
}
