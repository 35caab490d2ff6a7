import { prepareFilter } from '../edits/filter.ts'
import type { Routes } from './routes.ts'

export const labelRoutes: Routes<'labels'> = ({ workbench: { labels, review }, context }) => ({
  set: ({ slideId, nucleusIds, classId, reason }) => ({
    stepId: labels.set(slideId, nucleusIds, classId, review.answered(nucleusIds, reason)),
    shownVersion: context.views.version(slideId),
  }),
  async setWhere({ slideId, where, classId, reason }) {
    await prepareFilter(context, slideId, where)
    return labels.setWhere(slideId, where, classId, reason)
  },
  agree: ({ slideId, nucleusIds, reason }) => review.agree(slideId, nucleusIds, reason),
  undo: () => ({ step: labels.undo() }),
  goTo: ({ stepId }) => ({ steps: labels.goTo(stepId) }),
  redo: () => ({ step: labels.redo() }),
})

export const outlineRoutes: Routes<'outlines'> = ({ workbench: { drawing } }) => ({
  draw({ slideId, outline }) {
    const { stepId, nucleusIds } = drawing.edit(slideId, { kind: 'draw', outline })
    return { stepId, nucleusId: nucleusIds[0] }
  },
  redraw: ({ slideId, nucleusId: id, outline }) => drawing.edit(slideId, { kind: 'redraw', id, outline }),
  remove: ({ slideId, nucleusIds: ids }) => drawing.edit(slideId, { kind: 'remove', ids }),
  split: ({ slideId, nucleusId: id, line }) => drawing.edit(slideId, { kind: 'split', id, line }),
  merge({ slideId, nucleusIds: ids }) {
    const { stepId, nucleusIds } = drawing.edit(slideId, { kind: 'merge', ids })
    return { stepId, nucleusId: nucleusIds[0] }
  },
})

export const regionRoutes: Routes<'regions'> = ({ workbench: { drawing } }) => ({
  set: ({ regionId: id, ...region }) => drawing.setRegion({ ...region, id }),
  remove: ({ regionId }) => ({ stepId: drawing.removeRegion(regionId) }),
})

export const classRoutes: Routes<'classes'> = ({ workbench: { scheme } }) => ({
  add: ({ name }) => ({ classId: scheme.add(name) }),
  change: (wanted) => scheme.change(wanted),
  uses: ({ classId }) => scheme.uses(classId),
  remove: ({ classId }) => scheme.remove(classId),
  map: ({ modelClass, classId }) => scheme.map(modelClass, classId),
})
