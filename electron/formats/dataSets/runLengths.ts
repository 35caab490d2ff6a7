import { z } from 'zod'
import { instancesOf, outlinesOf } from './instanceMap.ts'

/**
 * COCO's run lengths. Pixels are counted down each column, columns from left to right. `counts` holds the lengths of
 * runs that are outside and inside the nucleus in turn. As text, a number is written in groups of 5 bits, low bits
 * first: a group g is the character with code 48 + g, plus 32 if more groups follow. Bit 4 of the last group is the
 * sign. From the fourth number on, the difference from the number two places before is written.
 */
const schema = z.object({
  size: z.tuple([z.number().int().positive(), z.number().int().positive()]),
  counts: z.union([z.string(), z.array(z.number())]),
})

interface Runs {
  readonly height: number
  readonly counts: readonly number[]
}
/** xmin, ymin, xmax, ymax, the maxima exclusive. */
type Box = [number, number, number, number]

/** Returns the runs of a segmentation, or undefined if it has another form, is empty, or does not fit its size. */
function runsOf(segmentation: unknown): Runs | undefined {
  const parsed = schema.safeParse(segmentation)
  if (!parsed.success) return undefined
  const [height, width] = parsed.data.size
  const counts = typeof parsed.data.counts === 'string' ? unpackCounts(parsed.data.counts) : parsed.data.counts
  if (!counts.every((n) => Number.isInteger(n) && n >= 0)) return undefined
  const pixels = counts.reduce((sum, n) => sum + n, 0)
  return pixels <= width * height && counts.some((n, i) => i % 2 === 1 && n > 0) ? { height, counts } : undefined
}

function unpackCounts(text: string): number[] {
  const counts: number[] = []
  for (let at = 0; at < text.length;) {
    let [value, shift] = [0, 0]
    let bits: number
    do {
      bits = text.charCodeAt(at++) - 48
      value |= (bits & 31) << shift
      shift += 5
    } while (bits & 32)
    if (bits & 16) value |= -1 << shift
    counts.push(counts.length > 2 ? value + counts[counts.length - 2] : value)
  }
  return counts
}

/** Calls `call` for each run of the nucleus's pixels within a column x: y0 (inclusive) to y1 (exclusive). */
function eachColumn({ height, counts }: Runs, call: (x: number, y0: number, y1: number) => void): void {
  let from = 0
  for (const [i, count] of counts.entries()) {
    const to = from + count
    if (i % 2 === 1)
      for (let p = from; p < to;) {
        const [x, y] = [Math.floor(p / height), p % height]
        const length = Math.min(height - y, to - p)
        call(x, y, y + length)
        p += length
      }
    from = to
  }
}

function boxOf(runs: Runs): Box {
  const box: Box = [Infinity, Infinity, -Infinity, -Infinity]
  eachColumn(runs, (x, y0, y1) => {
    box[0] = Math.min(box[0], x)
    box[1] = Math.min(box[1], y0)
    box[2] = Math.max(box[2], x + 1)
    box[3] = Math.max(box[3], y1)
  })
  return box
}

/** Returns the box of a nucleus given as run lengths, or undefined if the segmentation has another form. */
export function boxOfRunLengths(segmentation: unknown): Box | undefined {
  const runs = runsOf(segmentation)
  return runs && boxOf(runs)
}

/**
 * Returns the outline of a nucleus given as run lengths, along the sides of its pixels; of several pieces, that of the
 * largest. Returns undefined if the segmentation has another form.
 */
export function outlineOfRunLengths(segmentation: unknown): ArrayLike<number> | undefined {
  const runs = runsOf(segmentation)
  if (!runs) return undefined
  const [xmin, ymin, xmax, ymax] = boxOf(runs)
  const [width, height] = [xmax - xmin, ymax - ymin]
  const at = new Uint8Array(width * height)
  eachColumn(runs, (x, y0, y1) => {
    for (let y = y0; y < y1; y++) at[(y - ymin) * width + x - xmin] = 1
  })
  const map = { width, height, at }
  return outlinesOf(map, instancesOf(map))[0].map((v, k) => v + (k % 2 ? ymin : xmin))
}
