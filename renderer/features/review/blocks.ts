/** Number of items of a long list that are fetched together: a whole number of picture strips (pictures.ts). */
export const blockSize = 200

/** Returns the blocks that contain items from … to − 1. */
export function blocksOf(from: number, to: number): number[] {
  const blocks: number[] = []
  for (let b = Math.floor(from / blockSize); b * blockSize < to; b++) blocks.push(b)
  return blocks
}

/** Returns the rows of a grid that are at least partly visible, plus `spare` rows before and after. */
export function rowsIn(
  scrollTop: number,
  height: number,
  cell: number,
  rows: number,
  spare: number,
): { from: number; to: number } {
  const from = Math.max(0, Math.floor(scrollTop / cell) - spare)
  return { from, to: Math.min(rows, Math.ceil((scrollTop + height) / cell) + spare) }
}

/**
 * Returns the rows of a grid whose pictures (`size` high, in cells of `cell`) are completely visible. If there are
 * none, for example because the viewport is lower than a picture, returns the row that shows most.
 */
export function rowsWhollyIn(
  scrollTop: number,
  height: number,
  { cell, size }: { readonly cell: number; readonly size: number },
  rows: number,
): { from: number; to: number } {
  const bottom = scrollTop + height
  const from = Math.max(0, Math.ceil(scrollTop / cell))
  const to = Math.min(rows, Math.floor((bottom - size) / cell) + 1)
  if (from < to) return { from, to }
  const seen = (row: number) => Math.min(bottom, row * cell + size) - Math.max(scrollTop, row * cell)
  const [most] = [from - 1, from]
    .filter((row) => row >= 0 && row < rows && seen(row) > 0)
    .sort((a, b) => seen(b) - seen(a))
  return most === undefined ? { from, to: from } : { from: most, to: most + 1 }
}
