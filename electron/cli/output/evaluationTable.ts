import type { Interval } from '../../../models/metrics/bootstrap.ts'
import type { DotMatch } from '../data/dotBoxes.ts'
import type { Abstention, Calibration } from '../../../models/metrics/calibration.ts'
import type { ClassificationScore } from '../../../models/metrics/classification.ts'
import type { Intervals } from '../../../models/metrics/countIntervals.ts'
import type { JointScore } from '../../../models/metrics/joint.ts'
import type { Metric } from '../../../models/metrics/numbers.ts'
import type { PublishedTable } from '../../../models/metrics/published.ts'

/** Accuracy without the least certain fifth, and without what the model itself calls uncertain. */
export interface Abstentions {
  readonly leastCertain: Abstention
  readonly uncertain?: Abstention & { readonly below: number }
}

/** A system's score: ClassificationScore for metrics A and B, JointScore for metric C. */
export type SystemScore = { readonly system: string; readonly intervals: Intervals } & (
  ({ readonly calibration?: Calibration; readonly abstention?: Abstentions } & ClassificationScore) | JointScore
)

export interface Baseline extends ClassificationScore {
  readonly method: string
  readonly trainedOn: number
}

/**
 * The result of an evaluation: the first system's score, all scores if there are several, and figures to compare with.
 */
export type Evaluation = SystemScore & {
  readonly metric: Metric
  readonly meaning: string
  readonly images: number
  /** Metrics B and C: how far a nucleus found may lie from the true one, µm. */
  readonly radius?: number
  /** Metric A on a data set of dots: only the matched ones are scored. */
  readonly dots?: DotMatch
  /** Classes of the model that the data does not have. They are in no mean; a nucleus called one of them is wrong. */
  readonly classesNotInData?: readonly string[]
  readonly systems?: readonly SystemScore[]
  /** Differences of each further system from the first. */
  readonly differences?: readonly {
    readonly of: string
    readonly values: Readonly<Record<string, number | null>>
    readonly intervals: Intervals
  }[]
  readonly baseline?: Baseline
  readonly published?: PublishedTable
}

const number = (v: number | null | undefined): string =>
  v === null || v === undefined || !Number.isFinite(v) ? '–' : v.toFixed(3).replace(/^(-?)0\./, '$1.')
const range = (i: Interval | null | undefined): string => (i ? `${number(i.low)}…${number(i.high)}` : '–')

/** Formats rows as a table. The first column is left-aligned, the others right-aligned. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, c) => (c < 2 ? cell.padEnd(widths[c]) : cell.padStart(widths[c])))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Returns the table rows of a system: each value and its interval over images. */
function rowsOf(score: SystemScore): string[][] {
  const { system, intervals } = score
  const cells = (
    label: string,
    all: [number | null, string],
    of: (name: string) => [number | null | undefined, string],
  ) => {
    const names = score.classes.map((c) => c.name)
    return [
      [system, label, number(all[0]), ...names.map((name) => number(of(name)[0]))],
      ['', '95 %', range(intervals[all[1]]), ...names.map((name) => range(intervals[of(name)[1]]))],
    ]
  }
  const f1 = (name: string): [number | null | undefined, string] => [
    score.classes.find((c) => c.name === name)?.f1,
    `f1:${name}`,
  ]
  if ('detection' in score) {
    const rows = cells('F_c', [score.macroF1, 'macroF1'], f1)
    return [...rows, [system, 'detection F1', number(score.detection.f1)], ['', '95 %', range(intervals.detectionF1)]]
  }
  return [
    ...cells('F1', [score.weightedF1, 'weightedF1'], f1),
    ...cells('Acc', [score.accuracy, 'accuracy'], (name) => [
      score.classes.find((c) => c.name === name)?.jaccard,
      `jaccard:${name}`,
    ]),
  ]
}

/** Formats an evaluation like the paper's Table 1, beside the paper's rows. Never mixes rows of different metrics. */
export function evaluationTable(r: Evaluation): string {
  const systems = r.systems ?? [r]
  const names = r.classes.map((c) => c.name)
  const head = ['', '', 'All', ...names]
  const parts = [
    `Metric ${r.metric} (${r.meaning}${r.radius === undefined ? '' : `, centroids within ${r.radius} µm`}), ${r.images} image${r.images === 1 ? '' : 's'}; "All" is ` +
      (r.metric === 'C' ? 'the mean over classes' : 'weighted F1 and accuracy; Acc per class is TP/(TP+FP+FN)') +
      (r.images < 2 ? '; no intervals from one image' : '; intervals: bootstrap over images'),
    table([head, ...systems.flatMap(rowsOf)]),
    table([
      ['', '', 'n', ...names.map(() => '')].slice(0, 3 + names.length),
      ...systems.map((s) => [
        s.system,
        'true nuclei',
        String(s.classes.reduce((n, c) => n + c.support, 0)),
        ...s.classes.map((c) => String(c.support)),
      ]),
    ]),
  ]
  const isGiven = systems.some((s) => !('detection' in s))
  if (isGiven) parts.push(systems.map((s) => `${s.system}: mean F1 of classes ${number(s.macroF1)}`).join('\n'))
  if (r.dots)
    parts.push(
      `The data has dots. Scored are ${r.dots.matched} of ${r.dots.dots}, those within ${r.dots.radius} µm of a nucleus found by ` +
        `${r.dots.detector}.`,
    )
  if (r.classesNotInData)
    parts.push(
      `The data does not have: ${r.classesNotInData.join(', ')}. This is left out of the means; a nucleus called so is counted as wrong.`,
    )
  for (const d of r.differences ?? [])
    parts.push(
      table([
        [`Difference ${d.of}`, '', 'value', '95 %'],
        ...Object.entries(d.values).map(([name, v]) => [`  ${name}`, '', number(v), range(d.intervals[name])]),
      ]),
    )
  if ('calibration' in r && r.calibration)
    parts.push(
      `Expected calibration error ${number(r.calibration.expectedCalibrationError)} (over-confidence ${number(r.calibration.overConfidence)})`,
    )
  if ('abstention' in r && r.abstention) {
    const { leastCertain, uncertain } = r.abstention
    const percent = (share: number) => `${(100 * share).toFixed(0)} %`
    parts.push(
      `Accuracy without the least certain ${percent(leastCertain.share)}: ${number(leastCertain.accuracy)}` +
        (uncertain
          ? `; without the ${percent(uncertain.share)} that the model calls uncertain (probability below ${number(uncertain.below)}): ${number(uncertain.accuracy)}`
          : '; the model has no threshold of its own (karyon models calibrate)'),
    )
  }
  if (r.baseline)
    parts.push(
      `Baseline, ${r.baseline.method}: accuracy ${number(r.baseline.accuracy)}, weighted F1 ${number(r.baseline.weightedF1)}, macro F1 ${number(r.baseline.macroF1)}`,
    )
  if (r.published) {
    const { data, rows } = r.published
    parts.push(
      `Published on ${data}, metric B${r.metric === 'B' ? '' : ` – another question than metric ${r.metric}, not to be compared with the above`} (${rows[0].source}):\n` +
        table([
          head,
          ...rows.flatMap((row) => [
            [row.system, 'F1', number(row.weightedF1), ...row.f1.map(number)],
            [row.system, 'Acc', number(row.accuracy), ...row.jaccard.map(number)],
          ]),
        ]),
    )
  }
  return parts.join('\n\n')
}
