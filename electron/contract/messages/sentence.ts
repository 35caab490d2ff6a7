/** A parameter of a sentence. Plain data, because messages are sent between processes and stored in projects. */
export type Param = string | number | boolean | null | readonly Param[] | { readonly [name: string]: Param }
export type Params = Readonly<Record<string, Param>>

/** A message within a message. Its keys are checked in message.ts, which knows all rooms. */
export type AnyMessage = { readonly key: string; readonly params: Params }

/** Returns the text of a nested message, in the same language. */
export type Say = (message: AnyMessage) => string

/** The sentences of one room by key. Each is a function of its parameters. */
export type Room = Readonly<Record<string, (params: never, say: Say) => string>>

/** The same room in another language. A missing or extra key does not compile. */
export type Translated<R> = {
  readonly [K in keyof R]: R[K] extends (...given: infer G) => string ? (...given: G) => string : never
}
