import { cohenKappa } from '../../../models/metrics/kappa.ts'
import type { ReaderLabels } from './readings.ts'

/** The agreement of two readers on the nuclei that both labelled. */
export interface Agreement {
  readonly first: string
  readonly second: string
  readonly both: number
  /** Cohen's kappa; null if no nucleus was labelled by both. */
  readonly kappa: number | null
  /**
   * For each class: kappa of the class against all others, and the number of nuclei that at least one reader gave the
   * class.
   */
  readonly byClass: readonly { readonly classId: number; readonly nuclei: number; readonly kappa: number }[]
  /** Nuclei with different labels and no decision yet: those to adjudicate. */
  readonly disputed: readonly { readonly nucleusId: number; readonly first: number; readonly second: number }[]
}

export interface NamedLabels extends ReaderLabels {
  readonly reader: string
}

/**
 * Compares two readers. `isDecided` returns whether a dispute about a nucleus has been decided. Decided nuclei still
 * count in kappa.
 */
export function agreementOf(
  first: NamedLabels,
  second: NamedLabels,
  isDecided: (nucleusId: number) => boolean,
): Agreement {
  const labelOf = new Map(Array.from(second.ids, (id, i) => [id, second.labels[i]]))
  const shared = Array.from(first.ids, (id, i) => ({ nucleusId: id, first: first.labels[i], second: labelOf.get(id) }))
  const pairs = shared.filter((pair): pair is typeof pair & { second: number } => pair.second !== undefined)
  return {
    first: first.reader,
    second: second.reader,
    both: pairs.length,
    kappa:
      pairs.length === 0
        ? null
        : cohenKappa(
            pairs.map((pair) => pair.first),
            pairs.map((pair) => pair.second),
          ),
    byClass: byClass(pairs),
    disputed: pairs.filter((pair) => pair.first !== pair.second && !isDecided(pair.nucleusId)),
  }
}

function byClass(pairs: readonly { readonly first: number; readonly second: number }[]): Agreement['byClass'] {
  const classIds = [...new Set(pairs.flatMap(({ first, second }) => [first, second]))].sort((a, b) => a - b)
  return classIds.map((classId) => {
    const binary = pairs.map(({ first, second }) => [Number(first === classId), Number(second === classId)])
    return {
      classId,
      nuclei: binary.filter(([a, b]) => a || b).length,
      kappa: cohenKappa(
        binary.map(([a]) => a),
        binary.map(([, b]) => b),
      ),
    }
  })
}
