import { z } from 'zod'
import { instancesOf, outlinesOf } from './instanceMap.ts'

/**
 * COCO's run lengths: pixels out of and in the nucleus by turns, down the columns from the left. `counts` is a list of
 * numbers, or text: each number in groups of 5 bits, low ones first, as characters from "0" on (bit 5 = more follow,
 * bit 4 of the last = sign), from the fourth number on as difference to the last but one.
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
  const counts = typeof parsed.data.counts === 'string' ? unpacked(parsed.data.counts) : parsed.data.counts
  if (!counts.every((n) => Number.isInteger(n) && n >= 0)) return undefined
  const pixels = counts.reduce((sum, n) => sum + n, 0)
  return pixels <= width * height && counts.some((n, i) => i % 2 === 1 && n > 0) ? { height, counts } : undefined
}

function unpacked(text: string): number[] {
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

/** Calls with each column's pixels y0 (inclusive) to y1 (exclusive) of the nucleus. */
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

/** Box of the nucleus that run lengths give; undefined where they give none. */
export function boxOfRunLengths(segmentation: unknown): Box | undefined {
  const runs = runsOf(segmentation)
  return runs && boxOf(runs)
}

/** Outline along its pixels' sides, of the largest piece; undefined where the segmentation is no run lengths. */
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
