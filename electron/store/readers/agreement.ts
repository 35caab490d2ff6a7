import { cohenKappa } from '../../../models/metrics/kappa.ts'
import type { ReaderLabels } from './readings.ts'

/** How two readers agree on the nuclei that both labelled. */
export interface Agreement {
  readonly first: string
  readonly second: string
  readonly both: number
  /** Cohen's kappa, null where no nucleus was labelled by both. */
  readonly kappa: number | null
  /** Kappa of each class against the rest, and the nuclei that either called so. */
  readonly byClass: readonly { readonly classId: number; readonly nuclei: number; readonly kappa: number }[]
  /** Nuclei on which they differ and nobody has decided: what is to be adjudicated. */
  readonly disputed: readonly { readonly nucleusId: number; readonly first: number; readonly second: number }[]
}

export interface NamedLabels extends ReaderLabels {
  readonly reader: string
}

/** `isDecided`: whether somebody has decided what the two say of a nucleus. It counts in κ all the same. */
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
    const said = pairs.map(({ first, second }) => [Number(first === classId), Number(second === classId)])
    return {
      classId,
      nuclei: said.filter(([a, b]) => a || b).length,
      kappa: cohenKappa(
        said.map(([a]) => a),
        said.map(([, b]) => b),
      ),
    }
  })
}
