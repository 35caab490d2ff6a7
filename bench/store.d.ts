export interface StoreMeasures {
  /** Opening the file until the first block of nuclei and what is shown of it are there. */
  reopenSeconds: number
  /** The slowest undo, and the slowest bulk label. */
  undoSeconds: number
  bulkSeconds: number
  /** Labels and nuclei after all undos equal those before, byte for byte. */
  identicalAfterUndo: boolean
  /** The file with all steps in it. */
  fileMB: number
  /** Most memory this process ever held. */
  peakMB: number
}
/** A project of `nuclei` outlines and one run, `steps` bulk labels of a random half, all undone again. */
export declare function measureStore({ nuclei, steps }: { nuclei: number; steps: number }): Promise<StoreMeasures>
export declare const storeInWords: (m: StoreMeasures) => string
