import type { ShownClasses } from '../../../../electron/contract/nuclei/displayed.ts'

export interface ClassCount {
  nuclei: number
  labelled: number
}

/** Nuclei and human labels by shown class id (0 = unclassified), of those that lie in the tissue. */
export function countByClass(shown: ShownClasses): Map<number, ClassCount> {
  const nuclei = new Uint32Array(65_536)
  const labelled = new Uint32Array(65_536)
  for (let i = 0; i < shown.count; i++) {
    if (shown.outside[i]) continue
    nuclei[shown.classId[i]]++
    labelled[shown.classId[i]] += shown.labelled[i]
  }
  const counts = new Map<number, ClassCount>()
  nuclei.forEach((n, id) => {
    if (n > 0) counts.set(id, { nuclei: n, labelled: labelled[id] })
  })
  return counts
}
