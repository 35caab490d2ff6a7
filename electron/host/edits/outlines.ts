import {
  FailureError,
  nucleusSources,
  type Region,
  type RegionKind,
  type Message,
  message,
} from '../../contract/index.ts'
import { editOutlines, type OutlineEdit, type StepChanges } from '../../store/index.ts'
import { slideChanged, type ProjectContext } from '../state/context.ts'
import { noLongerSearched, pixelsAround } from '../../../models/geometry/rects.ts'

/** Edits outlines of nuclei and regions for people. Each call is one undoable step. */
export class Outlines {
  readonly #context: ProjectContext

  constructor(context: ProjectContext) {
    this.#context = context
  }

  /** Edits outlines. Returns the step and the nuclei it placed. Throws FailureError 'not-found' or 'invalid-input'. */
  edit(slideId: number, edit: OutlineEdit): { stepId: number; nucleusIds: number[] } {
    const title = { slideId, reader: this.#context.reader(), title: titleOf(edit) }
    const done = editOutlines(this.#context.project, title, edit)
    slideChanged(this.#context, slideId)
    return done
  }

  /**
   * Adds a region (without an id; kind 'interest' by default), or changes the outline, name or kind of an existing one.
   */
  setRegion(region: Omit<Region, 'id' | 'kind'> & { readonly id?: number; readonly kind?: RegionKind }): {
    stepId: number
    regionId: number
  } {
    const { project } = this.#context
    project.slides.get(region.slideId)
    const before = region.id === undefined ? null : this.#region(region.id)
    if (before && before.slideId !== region.slideId) throw noRegion(before.id)
    const kind = region.kind ?? before?.kind ?? 'interest'
    const after = { ...region, kind, id: region.id ?? project.regions.newId() }
    const title = message(before ? 'stepRegionChanged' : titles[kind], { name: after.name })
    return { stepId: this.#regionStep(region.slideId, title, before, after), regionId: after.id }
  }

  removeRegion(regionId: number): number {
    const before = this.#region(regionId)
    return this.#regionStep(before.slideId, message('stepRegionRemoved', { name: before.name }), before, null)
  }

  #regionStep(slideId: number, title: Message, before: Region | null, after: Region | null): number {
    const { project, announcer } = this.#context
    const stepId = project.log.append({
      kind: 'region',
      slideId,
      reader: this.#context.reader(),
      title,
      count: 1,
      changes: { regions: { before, after }, ...this.#unsearched(before, after) },
    })
    // A change of tissue changes which nuclei count.
    if ([before, after].some((region) => region && region.kind !== 'interest')) slideChanged(this.#context, slideId)
    else announcer.changed()
    return stepId
  }

  /**
   * Marks newly added tissue as not yet searched. Nobody has searched it for nuclei, which must not look as if there
   * were none.
   */
  #unsearched(before: Region | null, after: Region | null): Pick<StepChanges, 'searched'> {
    if (after?.kind !== 'added') return {}
    if (before?.kind === 'added' && before.outline.join() === after.outline.join()) return {}
    const { project } = this.#context
    const { info, searched } = project.slides.get(after.slideId)
    // All nuclei come from another tool, which did not use this tissue.
    const detected = nucleusSources.indexOf('detected')
    if (searched === null && !project.nuclei.heads(after.slideId).source.includes(detected)) return {}
    const left = noLongerSearched(searched, pixelsAround(after.outline, info), info)
    return { searched: { before: searched, after: left } }
  }

  #region(id: number): Region {
    const region = this.#context.project.regions.all().find((r) => r.id === id)
    if (!region) throw noRegion(id)
    return region
  }
}

const titles = {
  interest: 'stepRegion',
  added: 'stepTissueAdded',
  excluded: 'stepTissueTakenOut',
} as const satisfies Record<RegionKind, string>

const noRegion = (id: number) => new FailureError('not-found', message('noRegion', { id }))

function titleOf(edit: OutlineEdit): Message {
  switch (edit.kind) {
    case 'draw':
      return message('stepDrawn')
    case 'redraw':
      return message('stepRedrawn')
    case 'remove':
      return message('stepDeleted', { nuclei: edit.ids.length })
    case 'split':
      return message('stepSplit')
    case 'merge':
      return message('stepMerged', { nuclei: edit.ids.length })
  }
}
