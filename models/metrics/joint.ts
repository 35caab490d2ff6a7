import type { NucleusCounts } from './counts.ts'

/** Metric C: detection and classification at once (Graham et al. 2019, "HoVer-Net", F_c). */
export interface JointScore {
  /** F1 of detection regardless of class: 2TP / (2TP + FP + FN). */
  readonly detection: { readonly precision: number; readonly recall: number; readonly f1: number }
  /** Share of the matched nuclei whose class was predicted correctly. */
  readonly accuracyOfMatched: number
  /** Mean F_c of the classes that occur in truth or among detections. */
  readonly macroF1: number
  readonly classes: readonly JointClassScore[]
}
export interface JointClassScore {
  readonly name: string
  /** F_c; null where the denominator is 0. */
  readonly f1: number | null
  /** True nuclei of the class, matched or not. */
  readonly support: number
  readonly tp: number
  readonly fp: number
  readonly fn: number
  /** FPd: detections of this class that match no true nucleus. */
  readonly spurious: number
  /** FNd: true nuclei of the class that no detection matches. */
  readonly missed: number
}

/** F_c = 2TP_c / (2TP_c + 2FP_c + 2FN_c + FPd_c + FNd_c), with TP, FP and FN counted among the matched nuclei. */
export function jointScore(
  { calls, spurious, missed, detection }: NucleusCounts,
  names: readonly string[],
): JointScore {
  const row = names.length + 1
  const classes = names.map((name, c): JointClassScore => {
    const tp = calls[c * row + c]
    const matched = calls.subarray(c * row, (c + 1) * row).reduce((a, b) => a + b, 0)
    const called = names.reduce((a, _, t) => a + calls[t * row + c], 0)
    const [fp, fn] = [called - tp, matched - tp]
    const whole = 2 * tp + 2 * fp + 2 * fn + spurious[c] + missed[c]
    return {
      name,
      f1: whole === 0 ? null : (2 * tp) / whole,
      support: matched + missed[c],
      tp,
      fp,
      fn,
      spurious: spurious[c],
      missed: missed[c],
    }
  })
  const [pairs, lost, invented] = detection
  const scored = classes.filter((c) => c.f1 !== null)
  return {
    detection: {
      precision: pairs / (pairs + invented),
      recall: pairs / (pairs + lost),
      f1: (2 * pairs) / (2 * pairs + lost + invented),
    },
    accuracyOfMatched: classes.reduce((a, c) => a + c.tp, 0) / calls.reduce((a, b) => a + b, 0),
    macroF1: scored.reduce((a, c) => a + c.f1!, 0) / scored.length,
    classes,
  }
}
