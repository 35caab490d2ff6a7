import { answers, assertNever, FailureError, message } from '../contract/index.ts'
import { drawn, gone, type OutlineChanges } from './nuclei/outlineChanges.ts'
import { cutAlong, unionOf } from './nuclei/outlineGeometry.ts'
import type { Project, StepTitle } from './project.ts'
import { nucleiFromOutlines, outlineOf } from '../../models/nuclei/nuclei.ts'

/** An edit of outlines by the user. Points are x, y, … in level-0 pixels. */
export type OutlineEdit =
  | { readonly kind: 'draw'; readonly outline: ArrayLike<number> }
  | { readonly kind: 'redraw'; readonly id: number; readonly outline: ArrayLike<number> }
  | { readonly kind: 'remove'; readonly ids: readonly number[] }
  | { readonly kind: 'split'; readonly id: number; readonly line: readonly [number, number, number, number] }
  | { readonly kind: 'merge'; readonly ids: readonly number[] }

interface Plan {
  /** Ids of the nuclei to remove. */
  readonly remove: readonly number[]
  /** Nuclei to add or change. Id 0 stands for a new nucleus. */
  readonly place: readonly { readonly id: number; readonly outline: ArrayLike<number>; readonly label: number }[]
}

/**
 * Applies an edit of outlines as one undoable step. Labels move with their nuclei. Returns the step's id and the ids of
 * the nuclei that were added or changed. Throws FailureError 'not-found' or 'invalid-input' and then changes nothing.
 */
export function editOutlines(
  project: Project,
  title: StepTitle,
  edit: OutlineEdit,
): { stepId: number; nucleusIds: number[] } {
  const { slideId } = title
  project.slides.get(slideId)
  const plan = planOf(project, slideId, edit)
  return project.transact(() => {
    const newCount = plan.place.filter(({ id }) => id === 0).length
    let next = newCount > 0 ? project.reserveIds(newCount) : 0
    const place = plan.place.map((p) => ({ ...p, id: p.id || next++ }))
    const ids = Uint32Array.from([...plan.remove, ...place.map((p) => p.id)]).sort()
    const labels = project.labels.changes(
      ids,
      ids.map((id) => place.find((p) => p.id === id)?.label ?? 0),
    )
    const outlines = changes(project, slideId, ids, place)
    const stepId = project.log.append({
      kind: 'outline',
      ...title,
      count: ids.length,
      changes: labels.before.every((label, i) => label === labels.after[i]) ? { outlines } : { outlines, labels },
    })
    return { stepId, nucleusIds: place.map((p) => p.id) }
  })
}

function planOf(project: Project, slideId: number, edit: OutlineEdit): Plan {
  const labelOf = (id: number) => project.labels.labelsOf([id])[0]
  // The answer "bad outline" does not apply to a new outline, so it is dropped. Other labels are kept.
  const withoutBadOutline = (label: number) => (label === answers.badOutline ? 0 : label)
  const outline = (id: number) => outlineOf(project.nuclei.one(slideId, id), 0)
  switch (edit.kind) {
    case 'draw':
      return { remove: [], place: [{ id: 0, outline: edit.outline, label: 0 }] }
    case 'redraw':
      project.nuclei.positionOf(slideId, edit.id)
      return { remove: [], place: [{ id: edit.id, outline: edit.outline, label: withoutBadOutline(labelOf(edit.id)) }] }
    case 'remove':
      for (const id of edit.ids) project.nuclei.positionOf(slideId, id)
      return { remove: [...new Set(edit.ids)], place: [] }
    case 'split': {
      const label = withoutBadOutline(labelOf(edit.id))
      const pieces = cutAlong(outline(edit.id), edit.line)
      return { remove: [edit.id], place: pieces.map((piece) => ({ id: 0, outline: piece, label })) }
    }
    case 'merge': {
      const ids = [...new Set(edit.ids)]
      if (ids.length < 2) throw new FailureError('invalid-input', message('mergeNeedsTwo'))
      const labels = new Set(ids.map((id) => withoutBadOutline(labelOf(id))).filter((label) => label !== 0))
      // If the parts have different labels, the merged nucleus gets none: no user has labelled it yet.
      const label = labels.size === 1 ? [...labels][0] : 0
      return { remove: ids, place: [{ id: 0, outline: unionOf(ids.map(outline)), label }] }
    }
    default:
      return assertNever(edit)
  }
}

function changes(project: Project, slideId: number, ids: Uint32Array, place: Plan['place']): OutlineChanges {
  const { outlines } = project.nuclei
  const placed = [...place].sort((a, b) => a.id - b.id)
  const nuclei = nucleiFromOutlines(
    placed.map((p) => p.outline),
    'drawn',
    Uint32Array.from(placed, (p) => p.id),
  )
  const version = project.nuclei.version(slideId) + 1
  return {
    ids,
    before: outlines.statesOf(slideId, ids),
    after: {
      state: Uint8Array.from(ids, (id) => (placed.some((p) => p.id === id) ? drawn : gone)),
      outlines: { nuclei, since: new Uint32Array(nuclei.count).fill(version) },
    },
  }
}
