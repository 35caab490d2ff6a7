import { ChangeLog, uniqueAscending } from '../../../electron/contract/nuclei/changeLog.ts'
import { ClassCounts, type ClassCount } from '../../../electron/contract/nuclei/classCounts.ts'
import { nothingShown, putShown, shownAt, type ShownClasses } from '../../../electron/contract/nuclei/displayed.ts'
import type { Edit, Veil } from './edits.ts'
import type { Places } from './places.ts'

interface PlacedEdit {
  readonly edit: Edit
  readonly positions: Uint32Array
}

/**
 * What the page shows of a slide's nuclei: the host's columns, with veils and unsaved labels on top. Only the affected
 * nuclei are changed, in place, and `changes` records which. The cost of a label, for colours and counts too, then
 * depends only on how many nuclei it changes.
 */
export class DisplayedColumns {
  /** The columns as shown, always up to date. */
  readonly shown: ShownClasses
  readonly changes = new ChangeLog()
  readonly #places: Places
  /** The columns as received from the host. */
  readonly #host: ShownClasses
  /** 1 where a nucleus has an unsaved label. */
  readonly #isEdited: Uint8Array
  readonly #counts = new ClassCounts()
  #outside = 0
  #edits: readonly PlacedEdit[] = []
  #veils: ReadonlyMap<number, Veil> = new Map()

  constructor(places: Places, host: ShownClasses) {
    this.#places = places
    this.#host = { ...host }
    this.#isEdited = new Uint8Array(host.count)
    this.shown = nothingShown(host.count)
    this.#showAll()
  }

  /**
   * Number of nuclei inside the tissue by class. Veils are ignored: a count that moved by one would reveal what the
   * veil hides.
   */
  get counts(): Map<number, ClassCount> {
    return this.#counts.byClass()
  }

  /** Number of nuclei outside the tissue. */
  get outside(): number {
    return this.#outside
  }

  /** Applies the host's values at some positions (ascending), or at all of them if `position` is null. */
  take(position: Uint32Array | null, shown: ShownClasses): void {
    if (position && position.length < this.#host.count / 4)
      return this.#change(position, () => putShown(this.#host, position, shown, null))
    putShown(this.#host, position, shown, null)
    this.#showAll()
  }

  /** Returns what the host shows at some positions. Unsaved labels and veils are ignored. */
  hostAt(position: Uint32Array): ShownClasses {
    return shownAt(this.#host, position)
  }

  /** Replaces the unsaved labels. Where several apply to one nucleus, the last wins. */
  setEdits(edits: readonly Edit[]): void {
    const before = this.#edits
    const next = edits.map((edit, k) => {
      const known = before[k]?.edit.ids === edit.ids ? before[k] : before.find((placed) => placed.edit.ids === edit.ids)
      return { edit, positions: known?.positions ?? this.#places.of(edit.ids) }
    })
    const isAsBefore = ({ edit }: PlacedEdit, k: number) =>
      edit.ids === before[k]?.edit.ids && edit.classId === before[k].edit.classId
    const first = next.findIndex((placed, k) => !isAsBefore(placed, k))
    // Everything from the first difference on: order decides when several edits apply to one nucleus.
    const changed = [...before.slice(first < 0 ? next.length : first), ...(first < 0 ? [] : next.slice(first))]
    if (changed.length === 0) return void (this.#edits = next)
    this.#changeOver(
      changed.map(({ positions }) => positions),
      () => (this.#edits = next),
    )
  }

  /** Replaces the veils; they are given by nucleus id. */
  setVeils(veils: ReadonlyMap<number, Veil>): void {
    if (veils === this.#veils) return
    const changed = [...new Set([...this.#veils.keys(), ...veils.keys()])].filter((id) => {
      const [before, now] = [this.#veils.get(id), veils.get(id)]
      return before?.classId !== now?.classId || before?.p !== now?.p
    })
    if (changed.length === 0) return void (this.#veils = veils)
    this.#changeOver([this.#places.of(changed)], () => (this.#veils = veils))
  }

  /** Runs `work`, which changes veils or edits at some positions, and updates the shown columns. */
  #changeOver(positions: readonly Uint32Array[], work: () => void): void {
    const count = positions.reduce((sum, one) => sum + one.length, 0)
    if (count < this.#host.count / 4) {
      const all = new Uint32Array(count)
      let at = 0
      for (const one of positions) {
        all.set(one, at)
        at += one.length
      }
      return this.#change(uniqueAscending(all), work)
    }
    work()
    this.#showAll()
  }

  /**
   * Runs `work`, which changes what is to be shown at some positions (no duplicates), and updates columns and counts
   * there.
   */
  #change(positions: Uint32Array, work: () => void): void {
    this.#count(positions, -1)
    work()
    putShown(this.shown, positions, this.#host, positions)
    for (const i of positions) this.#isEdited[i] = 0
    if (this.#veils.size > 0) for (const i of positions) this.#veil(i, this.#veils.get(this.#places.id[i]))
    // Applies all edits again, in order. At other positions this writes the values that are already there.
    this.#putEdits()
    this.#count(positions, 1)
    this.changes.add(positions)
  }

  #showAll(): void {
    const { shown } = this
    const host = this.#host
    shown.classId.set(host.classId)
    shown.confidence.set(host.confidence)
    shown.uncertain.set(host.uncertain)
    shown.labelled.set(host.labelled)
    shown.outside.set(host.outside)
    this.#isEdited.fill(0)
    for (const i of this.#places.of([...this.#veils.keys()])) this.#veil(i, this.#veils.get(this.#places.id[i]))
    this.#putEdits()
    this.#counts.addAll(host)
    this.#outside = 0
    for (let i = 0; i < host.count; i++) {
      this.#outside += host.outside[i]
      if (this.#isEdited[i] === 0) continue
      this.#counts.add(host, i, -1)
      this.#counts.add(shown, i, 1)
    }
    this.changes.add(null)
  }

  #count(positions: Uint32Array, by: 1 | -1): void {
    for (const i of positions) {
      this.#outside += by * this.#host.outside[i]
      this.#counts.add(this.#isEdited[i] === 1 ? this.shown : this.#host, i, by)
    }
  }

  #veil(i: number, veil: Veil | undefined): void {
    if (!veil) return
    this.shown.classId[i] = veil.classId
    this.shown.confidence[i] = Math.round(255 * veil.p)
    this.shown.labelled[i] = 0
  }

  #putEdits(): void {
    const { classId, labelled } = this.shown
    for (const { edit, positions } of this.#edits) {
      if (edit.before) putShown(this.shown, positions, edit.before, null)
      for (const i of positions) {
        this.#isEdited[i] = 1
        if (edit.before) continue
        if (edit.classId !== null) classId[i] = edit.classId
        labelled[i] = edit.classId === null ? 0 : 1
      }
    }
  }
}
