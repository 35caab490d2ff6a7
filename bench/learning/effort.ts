import type { Effort, LearningBench, Point } from './arms.ts'

/**
 * Returns, for each number of random labels, how many labels by the queue reach the same mean accuracy of the last layer.
 * With no labels both are the model before it learned.
 */
export function effortOf(means: LearningBench['means'], scoredOn: Effort['scoredOn']): Effort[] {
  const curve = (order: Point['order']) =>
    means
      .filter((m) => m.order === order && (m.arm === 'head' || m.arm === 'before'))
      .map((m) => ({ labels: m.labels, accuracy: m[scoredOn] }))
      .sort((a, b) => a.labels - b.labels)
  const queue = curve('queue')
  return curve('random')
    .filter(({ labels }) => labels > 0)
    .map(({ labels, accuracy }) => ({ scoredOn, random: labels, accuracy, queue: labelsFor(queue, accuracy) }))
}

function labelsFor(curve: readonly { labels: number; accuracy: number }[], accuracy: number): number | null {
  const at = curve.findIndex((point) => point.accuracy >= accuracy)
  if (at < 0) return null
  if (at === 0) return curve[0].labels
  const [a, b] = [curve[at - 1], curve[at]]
  return a.labels + ((accuracy - a.accuracy) / (b.accuracy - a.accuracy)) * (b.labels - a.labels)
}
