export { createProject, openProject, Project, type NewStep, type StepTitle, type Streamed } from './project.ts'
export type { MovedStep } from './stepLog.ts'
export { editOutlines, type OutlineEdit } from './editOutlines.ts'
export type { StepChanges } from './parts.ts'
export { chunksOf, idsOfMerged, mergeDetection, mergeImport, unnumbered, unpackSlide } from './mergeNuclei.ts'
export type { Merged, PackedSlide, SearchedAgain } from './mergeNuclei.ts'
export { unpackPeople, type PackedPeople, type People } from './people.ts'
export type { PackedChunk } from './chunk.ts'
export { checkProject, compactProject, describeProject } from './maintenance.ts'
export type { Agreement } from './agreement.ts'
export { agreements, mergeCopy, mergeProjects } from './mergeProjects.ts'
export { isSameFile } from './sameFile.ts'
export { readingsIn } from './readings.ts'
export type { RunClass, StoredRun } from './runStore.ts'
export type { StoredSlide } from './slideStore.ts'
export { touching } from './matchNuclei.ts'
export { isNetworkFolder } from './networkFolder.ts'
export {
  classColumns,
  difference,
  flipped,
  mostProbable,
  predictedClasses,
  probabilityUnit,
  putRow,
  quantised,
  shownClasses,
  spokenBy,
  type Difference,
  type Predictions,
} from './predictions.ts'
