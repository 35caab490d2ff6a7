import type { ShownClasses } from '../../../electron/contract/nuclei/displayed.ts'

/** A label that is shown before the host has answered. */
export interface Edit {
  readonly ids: readonly number[]
  /** null takes the label away; the prediction below it is known only to the host. */
  readonly classId: number | null
  /** When the host acknowledged it, performance.now(); undefined while it is under way. */
  settled?: number
}

/** What is told of a nucleus in the place of what people said of it: what the model says. */
export interface Veil {
  /** 0 where it says nothing. */
  readonly classId: number
  /** 0 … 1. */
  readonly p: number
}

/** Positions of `ids` in the id column. */
export function positionsOf(ids: readonly number[], column: Uint32Array): number[] {
  if (ids.length === 0) return []
  if (ids.length === 1) {
    const at = column.indexOf(ids[0])
    return at < 0 ? [] : [at]
  }
  let [least, most] = [Infinity, 0]
  for (const id of ids) {
    least = Math.min(least, id)
    most = Math.max(most, id)
  }
  // Ids of a slide lie close together: a flat table finds a million of them in milliseconds, a Set in a third of a second.
  const wanted = new Uint8Array(most - least + 1)
  for (const id of ids) wanted[id - least] = 1
  const found: number[] = []
  for (let i = 0; i < column.length; i++) if (wanted[column[i] - least] === 1) found.push(i)
  return found
}

/** A copy of `shown` with `edits` on top, in their order. */
export function withEdits(shown: ShownClasses, edits: readonly Edit[], idColumn: Uint32Array): ShownClasses {
  if (edits.length === 0) return shown
  const classId = shown.classId.slice()
  const labelled = shown.labelled.slice()
  for (const edit of edits)
    for (const i of positionsOf(edit.ids, idColumn)) {
      if (edit.classId !== null) classId[i] = edit.classId
      labelled[i] = edit.classId === null ? 0 : 1
    }
  return { ...shown, classId, labelled }
}

/** A copy of `shown` in which the veiled nuclei look as if nobody had labelled them. */
export function withVeils(shown: ShownClasses, veils: ReadonlyMap<number, Veil>, idColumn: Uint32Array): ShownClasses {
  if (veils.size === 0) return shown
  const classId = shown.classId.slice()
  const confidence = shown.confidence.slice()
  const labelled = shown.labelled.slice()
  for (const i of positionsOf([...veils.keys()], idColumn)) {
    const veil = veils.get(idColumn[i])
    classId[i] = veil?.classId ?? 0
    confidence[i] = Math.round(255 * (veil?.p ?? 0))
    labelled[i] = 0
  }
  return { ...shown, classId, confidence, labelled }
}

/** The edits that columns asked for at `asked` may not hold yet. */
export const notIn = (edits: readonly Edit[], asked: number): Edit[] =>
  edits.filter((edit) => edit.settled === undefined || edit.settled > asked)
