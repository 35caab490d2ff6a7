import { ChangeLog, uniqueAscending } from '../../../electron/contract/nuclei/changeLog.ts'
import { ClassCounts, type ClassCount } from '../../../electron/contract/nuclei/classCounts.ts'
import { nothingShown, putShown, type ShownClasses } from '../../../electron/contract/nuclei/displayed.ts'
import type { Edit, Veil } from './edits.ts'
import type { Places } from './places.ts'

interface PlacedEdit {
  readonly edit: Edit
  readonly positions: Uint32Array
}

/**
 * What the page shows of a slide's nuclei: the host's columns, with veils and unsaved labels over them. They are changed in
 * place, nucleus by nucleus, and `changes` says which, so that a label costs what it changes in colours and counts too.
 */
export class DisplayedColumns {
  /** The columns as shown, always up to date. */
  readonly shown: ShownClasses
  readonly changes = new ChangeLog()
  readonly #places: Places
  /** As the host says. */
  readonly #host: ShownClasses
  /** 1 where an unsaved label stands. */
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

  /** Nuclei that count by class, veiled or not: a count that moves by one would lift the veil. */
  get counts(): Map<number, ClassCount> {
    return this.#counts.byClass()
  }

  /** Nuclei that lie where the tissue was taken out. */
  get outside(): number {
    return this.#outside
  }

  /** Takes in what the host says at some positions, ascending (null: at all). */
  take(position: Uint32Array | null, shown: ShownClasses): void {
    if (position && position.length < this.#host.count / 4)
      return this.#change(position, () => putShown(this.#host, position, shown, null))
    putShown(this.#host, position, shown, null)
    this.#showAll()
  }

  /** Puts labels that are not saved yet over the columns, in their order, in the place of those before. */
  setEdits(edits: readonly Edit[]): void {
    const before = this.#edits
    const next = edits.map((edit, k) => {
      const known = before[k]?.edit.ids === edit.ids ? before[k] : before.find((placed) => placed.edit.ids === edit.ids)
      return { edit, positions: known?.positions ?? this.#places.of(edit.ids) }
    })
    const isAsBefore = ({ edit }: PlacedEdit, k: number) =>
      edit.ids === before[k]?.edit.ids && edit.classId === before[k].edit.classId
    const first = next.findIndex((placed, k) => !isAsBefore(placed, k))
    // Those from the first on that is another: the order decides where several stand on one nucleus.
    const changed = [...before.slice(first < 0 ? next.length : first), ...(first < 0 ? [] : next.slice(first))]
    if (changed.length === 0) return void (this.#edits = next)
    this.#changeOver(
      changed.map(({ positions }) => positions),
      () => (this.#edits = next),
    )
  }

  /** Veils nuclei, by id, in the place of those veiled before. */
  setVeils(veils: ReadonlyMap<number, Veil>): void {
    if (veils === this.#veils) return
    const changed = [...new Set([...this.#veils.keys(), ...veils.keys()])].filter((id) => {
      const [before, now] = [this.#veils.get(id), veils.get(id)]
      return before?.classId !== now?.classId || before?.p !== now?.p
    })
    if (changed.length === 0) return void (this.#veils = veils)
    this.#changeOver([this.#places.of(changed)], () => (this.#veils = veils))
  }

  /** `work` changes what stands over the columns, at some positions. */
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

  /** `work` changes what is to be shown at some positions, each named once. */
  #change(positions: Uint32Array, work: () => void): void {
    this.#count(positions, -1)
    work()
    putShown(this.shown, positions, this.#host, positions)
    for (const i of positions) this.#isEdited[i] = 0
    if (this.#veils.size > 0) for (const i of positions) this.#veil(i, this.#veils.get(this.#places.id[i]))
    // All of them again, in order: at other positions they lead to what stands there.
    this.#putEdits()
    this.#count(positions, 1)
    this.changes.add(positions)
  }

  #showAll(): void {
    const { shown } = this
    const host = this.#host
    shown.classId.set(host.classId)
    shown.confidence.set(host.confidence)
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
    for (const { edit, positions } of this.#edits)
      for (const i of positions) {
        if (edit.classId !== null) classId[i] = edit.classId
        labelled[i] = edit.classId === null ? 0 : 1
        this.#isEdited[i] = 1
      }
  }
}
