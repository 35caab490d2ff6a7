import type { Failure } from '../contract/index.ts'

/** What a thread can be asked for, by name. */
export type Calls = Record<string, (...params: never[]) => unknown>

/** Makes a thread's calls from the data that it is started with; what it throws, every call fails with. */
export type MakeCalls = (data: never) => Calls | Promise<Calls>

/** Starter → thread. */
export type ThreadRequest =
  | { readonly kind: 'call'; readonly id: number; readonly name: string; readonly params: readonly unknown[] }
  | { readonly kind: 'end' }

/** Thread → starter, one to each call. A bug is an Error, copied with its stack. */
export type ThreadReply = { readonly id: number } & (
  | { readonly kind: 'answer'; readonly value: unknown }
  | { readonly kind: 'failure'; readonly failure: Failure }
  | { readonly kind: 'bug'; readonly error: unknown }
)

const lists = new WeakMap<object, readonly ArrayBuffer[]>()

/** `value`, to be posted without copying these of its buffers; who posts it can no longer use them. */
export function moved<T extends object>(value: T, buffers: readonly ArrayBufferLike[]): T {
  // Shared memory is not moved: both sides have it.
  lists.set(
    value,
    buffers.filter((buffer) => buffer instanceof ArrayBuffer),
  )
  return value
}

/** The buffers to be moved with some values. */
export const movedWith = (values: readonly unknown[]): ArrayBuffer[] =>
  values.flatMap((value) => (typeof value === 'object' && value !== null ? (lists.get(value) ?? []) : []))
