import type { Nuclei } from './nuclei.ts'

/** Nuclei with what is said of them: what other tools' files are read into and written from. */
export interface ClassifiedNuclei {
  readonly nuclei: Nuclei
  readonly classes: readonly { readonly name: string; readonly color: string }[]
  /** Shown class of each nucleus: index into classes, −1 = none. */
  readonly classIndex: Int16Array
  /** Predicted probabilities, count × probabilityClasses.length; absent where no model has spoken. */
  readonly probabilities?: Float32Array
  readonly probabilityClasses?: readonly string[]
  /** 1 where the class is a human's. */
  readonly labelled?: Uint8Array
}
