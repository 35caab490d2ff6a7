import type { Nuclei } from './nuclei.ts'

/** Nuclei with their classes: the form in which other tools' files are read and written. */
export interface ClassifiedNuclei {
  readonly nuclei: Nuclei
  readonly classes: readonly { readonly name: string; readonly color: string }[]
  /** Shown class of each nucleus: index into classes, −1 = none. */
  readonly classIndex: Int16Array
  /** Predicted probabilities, count × probabilityClasses.length; absent without predictions. */
  readonly probabilities?: Float32Array
  readonly probabilityClasses?: readonly string[]
  /** 1 if a human gave the class. */
  readonly labelled?: Uint8Array
  /** 1 if the class is a model's, which is not sure of it by its own threshold. */
  readonly uncertain?: Uint8Array
  /** Numbers that another tool measured on the nuclei. */
  readonly measurements?: Measurements
  /** 16 bytes each: the UUID that another tool gave the nucleus; zeros = none. */
  readonly uuid?: Uint8Array
  /** UUID of the project that the nuclei are in, which makes the ids in exports unique. */
  readonly projectId?: string
}

export interface Measurements {
  readonly names: readonly string[]
  /** count × names.length; NaN = not measured. */
  readonly values: Float64Array
}
