/**
 * Expected failures are data, bugs throw. A Failure's message is one sentence or two for a person:
 * what must hold, what arrived, what to try.
 */
export interface Failure {
  readonly kind: FailureKind
  readonly message: string
}

export const failureKinds = [
  'not-found', // a file, slide, nucleus or model that is not there
  'unreadable', // there, but damaged, foreign or truncated
  'unsupported', // sound, but of a form we do not read
  'no-scale', // µm/px unknown; the user must say it
  'invalid-input', // an argument or a data file that breaks a rule
  'empty', // nothing to work on
  'read-only', // cannot write there
  'disk-full',
  'away', // its drive, share or folder went away, and may come back
  'busy', // someone else has it open
  'engine', // the engine stopped or a provider failed
  'cancelled',
  'diverged', // a loss or weight became NaN or infinite
  'working', // work under way would have to be stopped; the user must say so
  'closed', // meant for a project that is no longer the open one
] as const
export type FailureKind = (typeof failureKinds)[number]

export type Result<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure }

export const ok = <T>(value: T): Result<T> => ({ ok: true, value })
export const fail = (kind: FailureKind, message: string): { readonly ok: false; readonly failure: Failure } => ({
  ok: false,
  failure: { kind, message },
})

/** Carries a Failure through deep code; `attempt` at a room's border turns it back into data. */
export class FailureError extends Error {
  readonly failure: Failure
  constructor(kind: FailureKind, message: string) {
    super(message)
    this.name = 'FailureError'
    this.failure = { kind, message }
  }
}

/** Runs `work`; a FailureError becomes a failed Result, anything else is a bug and is thrown on. */
export async function attempt<T>(work: () => T | Promise<T>): Promise<Result<T>> {
  try {
    return ok(await work())
  } catch (error) {
    if (error instanceof FailureError) return { ok: false, failure: error.failure }
    throw error
  }
}

/** The value of a Result, or its failure thrown as FailureError. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new FailureError(result.failure.kind, result.failure.message)
}

/**
 * What the operating system refused, as a Failure; undefined where `error` is not such a refusal.
 * `doing` completes a sentence: "open the slide /a/b.svs", "save the project p.karyon".
 */
export function systemFailure(error: unknown, doing: string): Failure | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const known: Record<string, readonly [FailureKind, string]> = {
    ENOENT: ['not-found', 'there is no such file or folder. Check the path'],
    ENOTDIR: ['not-found', 'part of the path is a file, not a folder. Check the path'],
    EISDIR: ['invalid-input', 'this is a folder; a file was expected'],
    ENAMETOOLONG: ['invalid-input', 'the path is too long for this system'],
    EACCES: ['read-only', 'permission was denied. Check the rights of the file and its folder'],
    EPERM: ['read-only', 'permission was denied. Check the rights of the file and its folder'],
    EROFS: ['read-only', 'the drive is read-only. Choose another folder'],
    EEXIST: ['invalid-input', 'it is there already. Choose another name'],
    ENOSPC: ['disk-full', 'the disk is full. Make room and try again'],
    EDQUOT: ['disk-full', 'the disk quota is used up. Make room and try again'],
    EMFILE: ['busy', 'too many files are open. Close some and try again'],
    EBUSY: ['busy', 'another program is using it. Close it there and try again'],
    EIO: ['away', 'the drive reported an error. Check its connection'],
    ...Object.fromEntries(
      ['ESTALE', 'ENOTCONN', 'ENODEV', 'ENXIO', 'EHOSTDOWN', 'EHOSTUNREACH', 'ETIMEDOUT'].map((gone) => [
        gone,
        ['away', 'the drive or network share went away. Connect it and try again'] as const,
      ]),
    ),
  }
  const entry = known[code]
  return entry && { kind: entry[0], message: `Could not ${doing}: ${entry[1]}.` }
}

/** Closes a union: a new `kind` that is not handled does not compile. */
export function assertNever(value: never): never {
  throw new Error(`Unhandled case: ${JSON.stringify(value)}`)
}
