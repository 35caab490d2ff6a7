import type { doings, reasons } from './english/system.ts'
import { inEnglish, message, type Message } from './message.ts'

/**
 * Expected failures are data; bugs throw. A Failure's message is one or two sentences for a person, in any language:
 * what must hold, what arrived, what to try.
 */
export interface Failure {
  readonly kind: FailureKind
  readonly message: Message
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
export const fail = (kind: FailureKind, message: Message): { readonly ok: false; readonly failure: Failure } => ({
  ok: false,
  failure: { kind, message },
})

/** Carries a Failure through deep code as an exception. `attempt` turns it back into data at a room's border. */
export class FailureError extends Error {
  readonly failure: Failure
  constructor(kind: FailureKind, said: Message) {
    super(inEnglish(said))
    this.name = 'FailureError'
    this.failure = { kind, message: said }
  }

  /** Makes a FailureError from an existing Failure. */
  static of({ kind, message: said }: Failure): FailureError {
    return new FailureError(kind, said)
  }
}

/** Runs `work`. A FailureError becomes a failed Result. Anything else is a bug and is rethrown. */
export async function attempt<T>(work: () => T | Promise<T>): Promise<Result<T>> {
  try {
    return ok(await work())
  } catch (error) {
    if (error instanceof FailureError) return { ok: false, failure: error.failure }
    throw error
  }
}

/** Returns the value of a Result, or throws its failure as FailureError. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw FailureError.of(result.failure)
}

/** What the operating system was asked to do, and with which file or folder. */
export type Doing = { readonly do: keyof typeof doings; readonly path: string }
/** Why the operating system or a drive refused. */
export type Reason = keyof typeof reasons

const refusals: Readonly<Record<string, readonly [FailureKind, Reason]>> = {
  ENOENT: ['not-found', 'missing'],
  ENOTDIR: ['not-found', 'notFolder'],
  EISDIR: ['invalid-input', 'isFolder'],
  ENAMETOOLONG: ['invalid-input', 'longPath'],
  EACCES: ['read-only', 'denied'],
  EPERM: ['read-only', 'denied'],
  EROFS: ['read-only', 'readOnlyDrive'],
  EEXIST: ['invalid-input', 'taken'],
  ENOSPC: ['disk-full', 'full'],
  EDQUOT: ['disk-full', 'quota'],
  EMFILE: ['busy', 'tooManyFiles'],
  EBUSY: ['busy', 'inUse'],
  EIO: ['away', 'driveError'],
  ...Object.fromEntries(
    ['ESTALE', 'ENOTCONN', 'ENODEV', 'ENXIO', 'EHOSTDOWN', 'EHOSTUNREACH', 'ETIMEDOUT'].map((code) => [
      code,
      ['away', 'gone'] as const,
    ]),
  ),
}

/** Returns an operating system's refusal as a Failure, or undefined if `error` is something else. */
export function systemFailure(error: unknown, { do: doing, path }: Doing): Failure | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!Object.hasOwn(refusals, code)) return undefined
  const [kind, reason] = refusals[code]
  return { kind, message: message('refused', { doing, path, reason }) }
}

/** Makes the compiler check that a union is handled completely: an unhandled new `kind` does not compile. */
export function assertNever(value: never): never {
  throw new Error(`Unhandled case: ${JSON.stringify(value)}`)
}
