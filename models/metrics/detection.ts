import { polygonMask } from '../geometry/polygonMask.ts'

/** A detector's result on one image, matched with the truth. */
export interface DetectionMatch {
  readonly matched: number
  /** Unmatched true nuclei. */
  readonly missed: number
  /** Unmatched detections. */
  readonly invented: number
  /** Dice of the matched nuclei whose outlines are known. */
  readonly dice: readonly number[]
}

/** Scores of all images taken together. */
export interface DetectionScore extends Omit<DetectionMatch, 'dice'> {
  readonly precision: number
  readonly recall: number
  /** 2·matched / (2·matched + missed + invented) */
  readonly f1: number
  /** null if no outline is known. */
  readonly medianDice: number | null
}

export function detectionScore(images: readonly DetectionMatch[]): DetectionScore {
  const sum = (key: 'matched' | 'missed' | 'invented') => images.reduce((n, image) => n + image[key], 0)
  const [matched, missed, invented] = [sum('matched'), sum('missed'), sum('invented')]
  const dice = images.flatMap((image) => image.dice).sort((a, b) => a - b)
  const middle = dice.length >> 1
  return {
    ...{ matched, missed, invented },
    precision: matched / Math.max(matched + invented, 1),
    recall: matched / Math.max(matched + missed, 1),
    f1: (2 * matched) / Math.max(2 * matched + missed + invented, 1),
    medianDice: dice.length === 0 ? null : dice.length % 2 ? dice[middle] : (dice[middle - 1] + dice[middle]) / 2,
  }
}

/** Samples per pixel along each axis. */
const fineness = 4

/**
 * Dice of two outlines, 2·|A ∩ B| / (|A| + |B|), on a grid four times as fine as pixels. Outlines: flat x, y in pixels.
 */
export function diceOf(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const ring of [a, b])
    for (let i = 0; i < ring.length; i += 2) {
      left = Math.min(left, ring[i])
      right = Math.max(right, ring[i])
      top = Math.min(top, ring[i + 1])
      bottom = Math.max(bottom, ring[i + 1])
    }
  const box = {
    x: Math.floor(left * fineness),
    y: Math.floor(top * fineness),
    width: Math.ceil((right - left) * fineness) + 1,
    height: Math.ceil((bottom - top) * fineness) + 1,
  }
  const [first, second] = [a, b].map((ring) =>
    polygonMask(
      Array.from(ring, (v) => v * fineness),
      box,
    ),
  )
  let [shared, both] = [0, 0]
  for (let i = 0; i < first.length; i++) {
    shared += first[i] & second[i]
    both += first[i] + second[i]
  }
  return both === 0 ? 0 : (2 * shared) / both
}
