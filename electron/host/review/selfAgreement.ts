import { fewestSecondLooks, reviewReasons, type SelfAgreement } from '../../contract/index.ts'
import { kappaRange } from '../../../models/statistics/kappaRange.ts'
import type { ProjectContext } from '../state/context.ts'

/**
 * Returns how far each reader agrees with themselves: on nuclei that the queue served again without saying so, the label
 * before against the label given then. Labels that were undone do not count. Readers without second looks are left out.
 */
export function selfAgreement({ project }: ProjectContext): SelfAgreement[] {
  const looks = new Map<string, { before: number[]; after: number[] }>()
  for (const { reader, changes } of project.log.notUndoneLabelSteps(0, reviewReasons.secondLook)) {
    const own = looks.get(reader) ?? { before: [], after: [] }
    looks.set(reader, own)
    own.before.push(...(changes.labels?.before ?? []))
    own.after.push(...(changes.labels?.after ?? []))
  }
  return [...looks].map(([reader, { before, after }]) => ({
    reader,
    nuclei: before.length,
    same: before.filter((label, k) => label === after[k]).length,
    kappa: before.length < fewestSecondLooks ? null : kappaRange(before, after),
  }))
}
