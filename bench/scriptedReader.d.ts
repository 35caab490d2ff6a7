import type { Workbench } from '../electron/host/index.ts'
/** Stands in for a pathologist where none is at hand: says the class of some nuclei, always the same way. */
export interface ScriptedReader {
  /** For people: what it judges by. */
  readonly name: string
  /** Up to n nuclei, drawn at random with a fixed seed, by the class this reader gives them. */
  choose(n: number): Map<number, number[]>
  /** How often the shown class is the reader's, over the nuclei it can judge but did not label. */
  agreement(labelled: ReadonlyMap<number, readonly number[]>): {
    nuclei: number
    accuracy: number
  }
}
/** Judges by the demo slide's truth. */
export declare function readerOfTruth(workbench: Workbench, slideId: number, truthFile: string): Promise<ScriptedReader>
/**
 * Judges by shape alone, for slides without truth: elongated nuclei are spindle-shaped, small round ones inflammatory,
 * the others epithelial. No pathologist reads so; it shows that the loop follows its reader, not that it is right.
 */
export declare function readerOfRule(workbench: Workbench, slideId: number): ScriptedReader
