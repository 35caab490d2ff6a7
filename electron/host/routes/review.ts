import { prepareFilter } from '../edits/filter.ts'
import { selfAgreement } from '../review/selfAgreement.ts'
import type { Routes } from './routes.ts'

export const reviewRoutes: Routes<'review'> = ({ workbench: { review }, context }) => ({
  async list({ slideId, order, where }) {
    await prepareFilter(context, slideId, where)
    return review.list(slideId, order, where)
  },
  window: ({ listId, from, to }) => review.window(listId, from, to),
  coverage: ({ slideId }) => review.coverage(slideId),
})

export const auditRoutes: Routes<'audits'> = ({ workbench: { review } }) => ({
  begin: ({ slideId, nuclei }) => ({ nuclei: review.audits.begin(slideId, nuclei) }),
  report: ({ slideId }) => review.audits.report(slideId),
})

export const readingRoutes: Routes<'readings'> = ({ workbench: { runs }, context }) => ({
  self: () => selfAgreement(context),
  merge: ({ path }) => runs.merge(path),
  agreement: () => runs.agreement(),
})

export const runRoutes: Routes<'runs'> = ({ workbench: { runs }, context }) => ({
  difference({ slideId, from, to }) {
    const { same, flips, against } = runs.difference(slideId, from, to)
    return { same, flips: [...flips], against }
  },
  flipped: ({ slideId, flip, limit, ...pair }) => ({ nucleusIds: runs.flipped(slideId, pair, flip, limit) }),
  async accept({ slideId, runId, where, flips }) {
    await prepareFilter(context, slideId, where)
    return { stepId: runs.accept(slideId, runId, where, flips) }
  },
  decide: ({ slideId, runId }) => runs.decide(slideId, runId),
})
