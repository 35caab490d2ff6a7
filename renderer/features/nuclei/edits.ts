import type { ShownClasses } from '../../../electron/contract/nuclei/displayed.ts'

/** A label, or the undo of one, that is shown before the host has saved it. */
export interface Edit {
  readonly ids: readonly number[]
  /** null removes the label. Only the host knows the prediction that then shows. */
  readonly classId: number | null
  /** For an undo: what was shown before the label, in the order of the nuclei's positions. Replaces `classId`. */
  readonly before?: ShownClasses
  /** The version of the slide's shown classes that contains this change; undefined until the host has answered. */
  readonly savedIn?: number
}

/** What is shown for a nucleus instead of a person's label: the model's prediction. */
export interface Veil {
  /** 0 if there is no prediction. */
  readonly classId: number
  /** Probability of that class, 0 … 1. */
  readonly p: number
}

/** Returns the edits that a given version of the shown classes does not contain yet. */
export const notIn = (edits: readonly Edit[], shownVersion: number): Edit[] =>
  edits.filter(({ savedIn }) => savedIn === undefined || savedIn > shownVersion)
