import type { Failure } from '../contract/index.ts'

/** The calls of a thread, by name. */
export type Calls = Record<string, (...params: never[]) => unknown>

/** Makes a thread's calls from the data that it was started with. If it throws, every call fails with that error. */
export type MakeCalls = (data: never) => Calls | Promise<Calls>

/** Message from the starter to the thread. */
export type ThreadRequest =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly params: readonly unknown[] }
  | { readonly kind: 'end' }

/** Message from the thread to the starter, one for each call. A bug is an Error, copied with its stack. */
export type ThreadReply = { readonly id: number } & (
  | { readonly kind: 'answer'; readonly value: unknown }
  | { readonly kind: 'failure'; readonly failure: Failure }
  | { readonly kind: 'bug'; readonly error: unknown }
)

const lists = new WeakMap<object, readonly ArrayBuffer[]>()

/**
 * Returns `value`, marked so that posting it transfers these buffers instead of copying them. The sender loses them.
 */
export function moved<T extends object>(value: T, buffers: readonly ArrayBufferLike[]): T {
  // Shared memory is not transferred, because both sides can use it.
  lists.set(
    value,
    buffers.filter((buffer) => buffer instanceof ArrayBuffer),
  )
  return value
}

/** Returns the buffers to transfer with some values. */
export const movedWith = (values: readonly unknown[]): ArrayBuffer[] =>
  values.flatMap((value) => (typeof value === 'object' && value !== null ? (lists.get(value) ?? []) : []))
