/** Items of a long list that are fetched together. */
export const blockSize = 200

/** The blocks that items from … to − 1 lie in. */
export function blocksOf(from: number, to: number): number[] {
  const blocks: number[] = []
  for (let b = Math.floor(from / blockSize); b * blockSize < to; b++) blocks.push(b)
  return blocks
}

/** The rows of a grid that a viewport shows, with `spare` rows before and after. */
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
