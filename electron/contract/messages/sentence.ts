/** What a sentence may speak of: plain data, for messages travel between processes and are stored in projects. */
export type Param = string | number | boolean | null | readonly Param[] | { readonly [name: string]: Param }
export type Params = Readonly<Record<string, Param>>

/** A message within a message: which keys there are is stated in message.ts, which knows all rooms. */
export type AnyMessage = { readonly key: string; readonly params: Params }

/** Says a message that another one holds, in the same language. */
export type Say = (message: AnyMessage) => string

/** The sentences of one room by their keys: a function of what each speaks of. */
export type Room = Readonly<Record<string, (params: never, say: Say) => string>>

/** The same room in another language: a key that is missing or spare does not compile. */
export type Translated<R> = {
  readonly [K in keyof R]: R[K] extends (...given: infer G) => string ? (...given: G) => string : never
}
