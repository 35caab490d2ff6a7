/** A label that is shown before the host has answered. */
export interface Edit {
  readonly ids: readonly number[]
  /** null takes the label away; the prediction below it is known only to the host. */
  readonly classId: number | null
  /** The version of the slide's shown classes that holds it; undefined while it is under way to the host. */
  readonly savedIn?: number
}

/** What is told of a nucleus in the place of what people said of it: what the model says. */
export interface Veil {
  /** 0 where it says nothing. */
  readonly classId: number
  /** 0 … 1. */
  readonly p: number
}

/** The edits that columns of a version do not hold yet. */
export const notIn = (edits: readonly Edit[], shownVersion: number): Edit[] =>
  edits.filter(({ savedIn }) => savedIn === undefined || savedIn > shownVersion)
