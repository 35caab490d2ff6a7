export { createProject, openProject, Project, type NewStep, type StepTitle, type DetectionProgress } from './project.ts'
export type { UndoneOrRedoneStep } from './log/stepLog.ts'
export { editOutlines, type OutlineEdit } from './editOutlines.ts'
export type { StepChanges } from './log/stepParts.ts'
export {
  chunksOf,
  idsOfMerged,
  mergeDetection,
  mergeImport,
  sinceOfMerged,
  unnumbered,
  unpackSlide,
} from './nuclei/mergeNuclei.ts'
export type { Merged, PackedSlide, SearchedTwice } from './nuclei/mergeNuclei.ts'
export { unpackEditedNuclei, type PackedEditedNuclei, type EditedNuclei } from './nuclei/editedNuclei.ts'
export { nucleiAtDots } from './nuclei/dots.ts'
export { packImportedData, type NucleusData } from './nuclei/importedData.ts'
export type { PackedChunk } from './nuclei/chunk.ts'
export { checkProject, compactProject, describeProject } from './rescue/check.ts'
export type { Agreement } from './readers/agreement.ts'
export { agreements, mergeCopy, mergeProjects } from './readers/mergeProjects.ts'
export { isSameFile } from './file/sameFile.ts'
export { readingsIn } from './readers/readings.ts'
export { packRun, type PackedPiece, type RunClass, type StoredRun } from './runs/runStore.ts'
export type { StoredSlide } from './slideStore.ts'
export { touchesOld } from './nuclei/matchNuclei.ts'
export { isNetworkFolder } from './networkFolder.ts'
export {
  classColumns,
  compareRuns,
  flippedPositions,
  mostProbable,
  noPredictions,
  predictedClasses,
  probabilityUnit,
  addRow,
  toUint16,
  toUint16Probabilities,
  showOne,
  shownClasses,
  combineRuns,
  type RunComparison,
  type Predictions,
} from './runs/predictions.ts'
